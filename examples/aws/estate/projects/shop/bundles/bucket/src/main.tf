terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
}

variable "name" { type = string }
variable "account" { type = string }
variable "region" { type = string }
variable "versioning" { type = bool }

provider "aws" {
  region = var.region
}

resource "aws_s3_bucket" "main" {
  bucket = "${var.name}-${var.account}" # names of buckets are global
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket                  = aws_s3_bucket.main.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id
  versioning_configuration {
    status = var.versioning ? "Enabled" : "Suspended"
  }
}

output "name" { value = aws_s3_bucket.main.bucket }
output "arn" { value = aws_s3_bucket.main.arn }
