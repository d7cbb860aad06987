terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
}

variable "name" { type = string }
variable "region" { type = string }
variable "retention" { type = number }

provider "aws" {
  region = var.region
}

resource "aws_sqs_queue" "main" {
  name                      = var.name
  message_retention_seconds = var.retention
}

output "url" { value = aws_sqs_queue.main.url }
output "name" { value = aws_sqs_queue.main.name }
output "arn" { value = aws_sqs_queue.main.arn }
