variable "title" { type = string }
variable "folder" { type = string }
variable "index" {
  type      = object({ url = string, token = string })
  sensitive = true
}

resource "terraform_data" "site" {
  input = { title = var.title, folder = var.folder }
}

output "url" { value = "https://${lower(terraform_data.site.output.title)}.example.org" }
