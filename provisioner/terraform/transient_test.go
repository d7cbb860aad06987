package terraform_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

func TestTransient(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]provisioner.Class{
		"creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 503, RequestID: 1, api error RequestLimitExceeded: Request limit exceeded.": provisioner.Transient,
		"api error ThrottlingException: Rate exceeded":                                                              provisioner.Transient,
		"api error SlowDown: Please reduce your request rate.":                                                      provisioner.Transient,
		"operation error S3: PutObject, https response error StatusCode: 500, api error InternalError: x":           provisioner.Transient,
		"https response error StatusCode: 403, RequestID: 1, api error AccessDenied: no":                            provisioner.Permanent,
		"https response error StatusCode: 400, api error ExpiredToken: The security token has expired":              provisioner.Permanent,
		"api error VpcLimitExceeded: The maximum number of VPCs has been reached.":                                  provisioner.Permanent,
		"googleapi: Error 429: Quota exceeded, rateLimitExceeded":                                                   provisioner.Transient,
		"googleapi: Error 403: Permission denied":                                                                   provisioner.Permanent,
		"unexpected status 429 (429 Too Many Requests) with error: TooManyRequests: The request is being throttled": provisioner.Transient,
		"Post \"https://api\": read tcp 10.0.0.1:5->10.0.0.2:443: read: connection reset by peer":                   provisioner.Transient,
		"Get \"https://api\": dial tcp: lookup api on 10.0.0.2:53: no such host":                                    provisioner.Transient,
		"Get \"https://api\": net/http: TLS handshake timeout":                                                      provisioner.Transient,
		"Get \"https://api\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)":           provisioner.Transient,
		"Get \"https://api\": tls: failed to verify certificate: x509: certificate signed by unknown authority":     provisioner.Permanent,
		"Error acquiring the state lock: Error message: HTTP remote state already locked":                           provisioner.Transient,
		"Error acquiring the state lock: Error message: Unsupported state file format":                              provisioner.Permanent,
		"Unexpected HTTP response code 503":                                                                         provisioner.Transient,
		"Unexpected HTTP response code 403":                                                                         provisioner.Permanent,
		"Invalid value for variable: Too short.":                                                                    provisioner.Permanent,
		"timeout while waiting for state to become 'available' (last state: 'creating', timeout: 10m0s)":            provisioner.Permanent,
	} {
		err := terraform.Transient(tenon.Problems{{Message: text}, {Severity: tenon.Warning, Message: "old"}})
		require.Equal(t, want, provisioner.ClassOf(err), text)
		require.Len(t, tenon.ProblemsOf(err), 2, "the problems are still to be had")
	}
	both := tenon.Problems{{Message: "connection reset by peer"}, {Message: "Unsupported argument"}}
	require.Equal(t, provisioner.Permanent, provisioner.ClassOf(terraform.Transient(both)), "one that stays is enough")
	require.NoError(t, terraform.Transient(nil))
	require.Equal(t, provisioner.Permanent, provisioner.ClassOf(terraform.Transient(errors.New("connection reset by peer"))), "not of the tool")
}
