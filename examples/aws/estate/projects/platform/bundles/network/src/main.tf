terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
}

variable "cidr" { type = string }
variable "zones" { type = list(string) }
variable "metadata" {
  type = object({ name_prefix = string, region = string })
}

provider "aws" {
  region = var.metadata.region
}

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  tags                 = { Name = var.metadata.name_prefix }
}

resource "aws_subnet" "private" {
  for_each          = { for index, zone in var.zones : zone => cidrsubnet(var.cidr, 8, index) }
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value
  availability_zone = "${var.metadata.region}${each.key}"
  tags              = { Name = "${var.metadata.name_prefix}-${each.key}" }
}

output "network" {
  value = {
    id     = aws_vpc.main.id
    arn    = aws_vpc.main.arn
    cidr   = aws_vpc.main.cidr_block
    region = var.metadata.region
    subnets = [for zone in var.zones : {
      id   = aws_subnet.private[zone].id
      cidr = aws_subnet.private[zone].cidr_block
      zone = aws_subnet.private[zone].availability_zone
      kind = "private"
    }]
  }
}
