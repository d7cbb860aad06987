// Package aws holds an estate on Amazon Web Services, written as its users write one: a
// platform team shares a network, a shop has a bucket, a queue and a worker whose role may
// do exactly what the worker bound on them.
//
//	cd examples/aws/estate
//	tenon bundle lint projects/*/bundles/*
//	tenon env deploy . platform/shared --pass 'AWS_*'
//	tenon env deploy . shop/dev --pass 'AWS_*'
//
// Its test deploys and destroys it with the real AWS provider against an emulator, and asks
// the emulator what there is.
package aws

import "embed"

// Estate holds the files, below the folder estate.
//
//go:embed estate
var Estate embed.FS
