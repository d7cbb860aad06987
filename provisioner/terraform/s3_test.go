package terraform_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// bucketCall asks the emulator's S3 past the driver.
func bucketCall(t *testing.T, method, url, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

// A state in S3, in a place that the driver's settings say, with credentials of their own.
func TestS3Backend(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		endpoint := need.Env(t, "aws-endpoint", "TENON_AWS_ENDPOINT")
		bucket := "tenon-" + strconv.FormatInt(time.Now().UnixNano(), 36)
		require.Equal(t, http.StatusOK, bucketCall(t, http.MethodPut, endpoint+"/"+bucket, ""))
		driver := terraform.New(&terraform.Options{
			Tool: which, Environ: environ(), Env: map[string]string{"AWS_ENDPOINT_URL": endpoint, "AWS_EC2_METADATA_DISABLED": "true"},
			Backend: map[string]map[string]string{"s3": {
				"bucket": bucket, "key": "{instance}/{step}", "region": "us-east-1", "use_path_style": "true", "use_lockfile": "true",
				"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": awsSecret,
			}},
		})
		req := request(t, bundle("src/main.tf", strings.Replace(kept, `"http"`, `"s3"`, 1)), nil)
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, "hunter2", result.Outputs["hidden"].Value)
		require.Nil(t, req.State.(*memo).text)
		state := endpoint + "/" + bucket + "/shop/dev.db/main"
		require.Equal(t, http.StatusOK, bucketCall(t, http.MethodGet, state, ""))

		// Another one holds the lock.
		require.Equal(t, http.StatusOK, bucketCall(t, http.MethodPut, state+".tflock", `{"ID":"1","Who":"somebody@else"}`))
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "src: Error acquiring the state lock: ")
		require.ErrorContains(t, err, "somebody@else")
		require.Equal(t, provisioner.Transient, provisioner.ClassOf(err))
		require.Equal(t, http.StatusNoContent, bucketCall(t, http.MethodDelete, state+".tflock", ""))

		req.Mode = provisioner.Destroy
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		requireEmpty(t, req.WorkDir)
	})
}
