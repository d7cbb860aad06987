package terraform_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

func TestFramed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"nothing": {"all is well\n", nil},
		"with its frame": {
			"╷\n│ Error: Unsupported argument\n│ \n│   with aws_vpc.main,\n│   on main.tf line 3, in resource \"aws_vpc\" \"main\":\n│    3:   name = \"x\"\n│ \n│ An argument named \"name\"\n│ is not expected here.\n╵\n",
			[]string{`src/main.tf:3: aws_vpc.main: Unsupported argument: An argument named "name" is not expected here.`},
		},
		"without it": {
			"Initializing the backend...\n\nError: Bad thing\n\n  on ../m/x.tf line 12:\n  12: x\n\nWhy.\n\nWarning: Old thing\n\nUse another.\nError: The last\n",
			[]string{"m/x.tf:12: Bad thing: Why.", "src: warning: Old thing: Use another.", "src: The last"},
		},
		"no file": {"Error: Invalid address\n\n  on <import-address> line 1:\n   1: a\n\nNo.\n", []string{"src: Invalid address: No."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, terraform.Framed(test.text))
		})
	}
}
