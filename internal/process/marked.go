package process

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// Mark makes a variable for the environment of a command, NAME=random, by which all that
// it starts can be found.
func Mark(name string) string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	return name + "=" + hex.EncodeToString(random)
}

// KillMarked ends all processes that carry a mark, also those that were started while it
// looked. Where the system does not tell, it ends none.
func KillMarked(mark string) {
	for range 10 {
		left := Marked(mark)
		for _, pid := range left {
			_ = Kill(pid) // gone already
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}
