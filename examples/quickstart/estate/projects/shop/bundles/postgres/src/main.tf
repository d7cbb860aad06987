variable "name" { type = string }
variable "size" { type = string }
variable "backups" { type = number }
variable "subnets" { type = list(string) }

# Its id is made up once and kept: it does for a password here.
resource "terraform_data" "password" {}

resource "terraform_data" "database" {
  input = {
    host    = "${var.name}.db.internal"
    class   = { small = "db.t4g.micro", large = "db.m7g.large" }[var.size]
    backups = var.backups
    subnets = var.subnets
  }
}

output "host" { value = terraform_data.database.output.host }
output "port" { value = 5432 }
output "password" {
  value     = sha256(terraform_data.password.id)
  sensitive = true
}
