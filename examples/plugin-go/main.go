// Plugin-go is a provisioner plugin that makes databases and roles on a PostgreSQL server:
// a driver of some 400 lines, its conformance test against a real server, and a README that
// takes you from nothing to your own.
package main

import "github.com/tenon-sdk/tenon/provisioner/plugin"

func main() { plugin.Serve(driver{}) }
