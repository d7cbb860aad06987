# The built-in provider stands in for a cloud: nothing is downloaded, no account is needed.

variable "cidr" { type = string }
variable "zones" { type = list(string) }
variable "metadata" {
  type = object({ name_prefix = string, region = string })
}

resource "terraform_data" "network" {
  input = "${var.metadata.name_prefix}-${var.metadata.region}"
}

resource "terraform_data" "subnet" {
  for_each = { for index, zone in var.zones : zone => cidrsubnet(var.cidr, 8, index) }
  input = {
    id   = "${terraform_data.network.output}-${each.key}"
    cidr = each.value
    zone = "${var.metadata.region}${each.key}"
  }
}

output "network" {
  value = {
    id      = terraform_data.network.output
    cidr    = var.cidr
    subnets = [for zone in var.zones : terraform_data.subnet[zone].output]
  }
}
