variable "folder" { type = string }
variable "language" { type = string }
variable "replicas" { type = number }

resource "terraform_data" "token" {}

resource "terraform_data" "index" {
  input = { folder = var.folder, language = var.language, replicas = var.replicas }
}

output "url" { value = "http://search.internal${terraform_data.index.output.folder}" }
output "token" {
  value     = terraform_data.token.id
  sensitive = true
}
