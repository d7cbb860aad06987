package environ_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/environ"
)

func TestOf(t *testing.T) {
	t.Parallel()
	parent := []string{"PATH=/bin", "LC_ALL=C", "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=r", "TF_VAR_a=1", "junk", "HOME=/root"}
	require.Equal(t, []string{"HOME=/root", "LC_ALL=C", "PATH=/bin"}, environ.Of(parent, nil, nil, nil))
	require.Equal(t, []string{"AWS_REGION=r", "HOME=/h", "LC_ALL=C", "PATH=/bin"},
		environ.Of(parent, []string{"AWS_*", "TF_*"}, []string{"TF_VAR_*", "AWS_SECRET*"}, map[string]string{"HOME": "/h"}))
	require.Empty(t, environ.Of(nil, []string{"*"}, nil, nil))
}
