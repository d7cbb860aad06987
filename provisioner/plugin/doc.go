// Package plugin runs drivers in processes of their own, over go-plugin. A whole plugin is
//
//	func main() { plugin.Serve(vault.Driver{}) }
//
// and a host has the driver back with
//
//	driver, err := plugin.Open(ctx, "plugins/vault", &plugin.Options{LockFile: "plugins.lock", Environ: os.Environ()})
//	if err != nil { … }
//	defer driver.Close()
//
// The driver that Open gives is used as any other. It has the methods of all optional
// interfaces; provisioner.As and provisioner.Capabilities say which the plugin has.
//
// # What is contained
//
// A plugin that panics, hangs, floods, lies or is killed gives an error of that call; the
// next call starts it anew. On by default:
//
//   - The bytes that are checked are the bytes that run: they are copied to a private folder
//     while their SHA-256 is taken, and the copy is started. What nobody has pinned is
//     refused.
//   - Only this program can talk to the plugin, and only to this plugin: mutual TLS with
//     certificates of this start, over a Unix socket in a private folder.
//   - It gets what a program needs of the environment, and nothing else.
//   - It is the leader of a process group of its own. With it ends what it has started, on
//     Linux also what has left the group.
//   - Starting, stopping, answers, states, events, log lines and memory are bounded: Options.
//
// A call that is canceled asks the driver to stop in good order, once, and waits for it as
// long as Options.Grace; then the plugin is killed, and the outcome is Unknown.
//
// Not contained: a plugin runs as the same user. It can read that user's files, use the
// network, and use the credentials that a request hands to it. Pin what you have read, or
// run the host in a container.
//
// Values in requests and outputs stand in messages between the two processes and nowhere
// else; standard error of a plugin goes to Options.Logger and, its last lines, into
// *DiedError and *StartError.
package plugin
