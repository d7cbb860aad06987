terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
}

variable "name" { type = string }
variable "region" { type = string }
variable "trust" { type = string }
variable "policy" { type = string }
variable "boundary" { type = string }
variable "path" { type = string }
variable "vpc" { type = string }
variable "config" { type = map(string) }

provider "aws" {
  region = var.region
}

resource "aws_iam_role" "worker" {
  name                 = var.name
  path                 = var.path
  permissions_boundary = var.boundary
  assume_role_policy   = var.trust
}

resource "aws_iam_role_policy" "access" {
  name   = "access"
  role   = aws_iam_role.worker.id
  policy = var.policy
}

resource "aws_security_group" "worker" {
  name        = var.name
  description = "The worker"
  vpc_id      = var.vpc
}

resource "aws_ssm_parameter" "config" {
  for_each = var.config
  name     = "/${var.name}/${each.key}"
  type     = "String"
  value    = each.value
}

output "role" { value = aws_iam_role.worker.arn }
