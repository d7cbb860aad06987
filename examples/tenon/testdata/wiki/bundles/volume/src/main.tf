variable "size" { type = number }
variable "metadata" {
  type = object({ name_prefix = string })
}

resource "terraform_data" "volume" {
  input = { path = "/srv/${var.metadata.name_prefix}", size = var.size }
}

output "path" { value = terraform_data.volume.output.path }
