#!/usr/bin/env bash
# Sixty Terraform units in four layers with 94 edges: Tenon against a bare parallel loop of
# `terraform init && terraform apply`, and against `terragrunt run --all apply` where
# terragrunt is on PATH. One run on one machine; what counts are the ratios.
#
#   docs/bench/units.sh [CONCURRENCY]     default: twice the cores
#
# Cold: nothing was made. Warm: everything is made and nothing has changed. Units are
# terraform_data, so that no provider is downloaded and no cloud answers slowly: what is
# measured is what each way of running Terraform costs. Needs go and terraform.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
at=${1:-$(($(nproc) * 2))}
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_INPUT=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$root" && go build -o "$work/tenon" ./examples/tenon)

width=15
needs() { # needs UNIT: the units that it needs, of the layer above
	local above=$(($1 - width))
	[ "$1" -ge "$width" ] || return 0
	local first=$((above / width * width))
	echo "$above"
	echo "$((first + (above - first + 1) % width))"
	[ "$1" -lt 56 ] || echo "$((first + (above - first + 2) % width))" # 56 to 59: 94 edges
}

module() { # module FOLDER COUNT
	mkdir -p "$1"
	local n names=()
	: >"$1/main.tf"
	for n in $(seq "$2"); do
		printf 'variable "need%s" { type = object({ id = string }) }\n' "$n" >>"$1/main.tf"
		names+=("var.need$n.id")
	done
	cat >>"$1/main.tf" <<-EOF
		resource "terraform_data" "unit" { input = join(",", [$(IFS=,; echo "${names[*]}")]) }
		resource "terraform_data" "other" { input = terraform_data.unit.id }
		output "id" { value = terraform_data.unit.id }
	EOF
}

estate() { # estate FOLDER: for Tenon
	mkdir -p "$1/environments" "$1/types"
	printf 'environment: dev\n' >"$1/environments/dev.yaml"
	printf 'artifact: unit\nversion: 1.0.0\ntitle: Unit\nschema: {type: object, required: [id], properties: {id: {type: string}}}\nexamples: [{id: a}]\n' >"$1/types/unit.yaml"
	local count n unit
	for count in 0 2 3; do
		module "$1/bundles/unit$count/src" "$count"
		{
			printf 'bundle: unit%s\nversion: 1.0.0\nparams: {type: object}\nconnections:%s\n' "$count" "$([ "$count" -gt 0 ] || echo ' {}')"
			for n in $(seq "$count"); do printf '  need%s: {type: unit@1}\n' "$n"; done
			printf "artifacts:\n  unit: {type: unit@1, value: '{id: .outputs.id}'}\nsteps: [{name: main, path: src, driver: terraform}]\n"
		} >"$1/bundles/unit$count/bundle.yaml"
	done
	{
		printf 'project: bench\ncomponents:\n'
		for unit in $(seq 0 59); do printf '  u%s: {bundle: unit%s}\n' "$unit" "$(needs "$unit" | wc -l)"; done
		printf 'links:\n'
		for unit in $(seq 0 59); do
			n=0
			for need in $(needs "$unit"); do n=$((n + 1)); printf '  - u%s.unit -> u%s.need%s\n' "$need" "$unit" "$n"; done
		done
	} >"$1/project.yaml"
}

units() { # units FOLDER: for the loop
	local unit
	for unit in $(seq 0 59); do module "$1/u$unit" "$(needs "$unit" | wc -l)"; done
}

apply() { # apply FOLDER UNIT: what the loop does with each
	local n=0 need arguments=()
	for need in $(needs "$2"); do
		n=$((n + 1))
		arguments+=(-var "need$n={id=\"$(terraform -chdir="$1/u$need" output -raw id)\"}")
	done
	terraform -chdir="$1/u$2" init >/dev/null
	terraform -chdir="$1/u$2" apply -auto-approve "${arguments[@]}" >/dev/null
}
export -f apply needs
export width

loop() { # loop FOLDER: layer by layer
	local layer
	for layer in 0 1 2 3; do
		seq $((layer * width)) $(((layer + 1) * width - 1)) | xargs -P "$at" -I{} bash -euo pipefail -c 'apply "$0" {}' "$1"
	done
}

runs() { # runs FOLDER: for terragrunt
	local unit need n
	for unit in $(seq 0 59); do
		module "$1/u$unit" "$(needs "$unit" | wc -l)"
		{
			n=0
			for need in $(needs "$unit"); do n=$((n + 1)); printf 'dependency "need%s" { config_path = "../u%s" }\n' "$n" "$need"; done
			printf 'inputs = {\n'
			for n in $(seq "$(needs "$unit" | wc -l)"); do printf '  need%s = { id = dependency.need%s.outputs.id }\n' "$n" "$n"; done
			printf '}\n'
		} >"$1/u$unit/terragrunt.hcl"
	done
}

took() { # took NAME COMMAND…: prints its seconds
	local began ended name=$1
	shift
	began=$(date +%s%N)
	"$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
	ended=$(date +%s%N)
	printf '%-34s %7.2f s\n' "$name" "$(echo "($ended - $began) / 1000000000" | bc -l)"
}

planned() { # plan, and apply just that
	"$work/tenon" --concurrency "$at" env plan "$1" dev -o "$work/plan"
	"$work/tenon" --concurrency "$at" env deploy "$1" dev --plan "$work/plan"
}

echo "60 units, $(for unit in $(seq 0 59); do needs "$unit"; done | wc -l) edges, $at at a time, $(terraform version | sed -n 1p)"
units "$work/loop"
took "shell loop, cold" loop "$work/loop"
took "shell loop, warm" loop "$work/loop"
estate "$work/bare"
took "tenon env deploy, cold" "$work/tenon" --concurrency "$at" env deploy "$work/bare" dev
took "tenon env deploy, warm" "$work/tenon" --concurrency "$at" env deploy "$work/bare" dev
took "tenon env deploy --force" "$work/tenon" --concurrency "$at" env deploy "$work/bare" dev --force
estate "$work/planned"
took "tenon env plan, deploy --plan, cold" planned "$work/planned"
took "tenon env plan, deploy --plan, warm" planned "$work/planned"
if command -v terragrunt >/dev/null; then
	runs "$work/runs"
	took "terragrunt run --all apply, cold" terragrunt run --all --non-interactive --parallelism "$at" --working-dir "$work/runs" apply
	took "terragrunt run --all apply, warm" terragrunt run --all --non-interactive --parallelism "$at" --working-dir "$work/runs" apply
else
	echo "terragrunt is not on PATH"
fi
