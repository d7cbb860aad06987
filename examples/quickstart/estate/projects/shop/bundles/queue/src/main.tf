variable "retention" { type = number }
variable "metadata" {
  type = object({ name_prefix = string, account = string, region = string })
}

# With a real account this would be an aws_sqs_queue.
resource "terraform_data" "queue" {
  input = {
    arn       = "arn:aws:sqs:${var.metadata.region}:${var.metadata.account}:${var.metadata.name_prefix}"
    url       = "https://sqs.${var.metadata.region}.amazonaws.com/${var.metadata.account}/${var.metadata.name_prefix}"
    retention = var.retention
  }
}

output "arn" { value = terraform_data.queue.output.arn }
output "url" { value = terraform_data.queue.output.url }
