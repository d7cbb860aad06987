// Package protocol is the Go code of driver.proto, for package plugin; plugins in other
// languages are made from the same file.
package protocol

//go:generate buf lint
//go:generate buf generate
