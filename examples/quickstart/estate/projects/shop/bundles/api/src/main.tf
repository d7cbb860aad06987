variable "name" { type = string }
variable "image" { type = string }
variable "policy" { type = string }
variable "database" {
  type      = object({ host = string, password = string })
  sensitive = true
}

# With a real account this would be an aws_iam_role with its aws_iam_role_policy.
resource "terraform_data" "role" {
  input = {
    name   = var.name
    policy = jsondecode(var.policy)
  }
}

resource "terraform_data" "service" {
  input = {
    image    = var.image
    role     = terraform_data.role.output.name
    database = var.database.host
  }
}

output "url" { value = "http://${var.name}.internal:8080" }
