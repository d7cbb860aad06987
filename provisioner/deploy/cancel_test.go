//go:build unix

package deploy_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
)

// Ctrl-C reaches every process of the terminal's group. The tool is asked to stop and does
// so in good order; what it made is known, and the next deploy goes on.
func TestInterruptedDuringTerraform(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	for _, moment := range []string{"start first", "done first", "start third"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			k := slow(t, 0.7)
			host := k.start(t)
			k.until(t, moment)
			require.NoError(t, syscall.Kill(-host.command.Process.Pid, syscall.SIGINT))
			said := host.wait(t)
			require.NotNil(t, said)
			require.Equal(t, "canceled", said.Run.Status)
			require.Empty(t, k.tools(t))
			k.sound(t)
			before, made := k.lines(t), k.inState(t)
			if moment == "start third" {
				require.Equal(t, slowNames[:2], made, "what was made before is known")
			}

			next := k.run(t.Context())
			require.Empty(t, next.Error)
			require.Empty(t, next.Errors)
			require.Equal(t, "succeeded", next.Run.Status)
			k.sound(t)
			k.deployed(t, "shop/dev.s")
			require.Equal(t, slowNames, k.inState(t))
			again := k.lines(t)[len(before):]
			for _, name := range made {
				require.NotContains(t, again, "start "+name, "what was made is not made again")
			}
		})
	}
}
