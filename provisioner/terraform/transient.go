package terraform

import (
	"errors"
	"regexp"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// passing are texts of what may be gone when the same is done again.
var passing = []*regexp.Regexp{
	// Too much asked at once. Source: AWS SDK for Go v2, aws/retry, DefaultThrottleErrorCodes.
	regexp.MustCompile(`\b(?:Throttling|ThrottlingException|ThrottledException|RequestThrottledException|RequestThrottled|TooManyRequestsException|` +
		`ProvisionedThroughputExceededException|TransactionInProgressException|RequestLimitExceeded|BandwidthLimitExceeded|LimitExceededException: Rate|` +
		`SlowDown|PriorRequestNotComplete|EC2ThrottledException)\b`),
	// Source: AWS SDK for Go v2, aws/retry, DefaultRetryableErrorCodes and DefaultRetryableHTTPStatusCodes.
	regexp.MustCompile(`\b(?:RequestTimeout|RequestTimeoutException|InternalServerError|ServiceUnavailable)\b`),
	regexp.MustCompile(`\bStatusCode: (?:429|500|502|503|504)\b`),
	// Source: Terraform, internal/backend/remote-state/http; go-retryablehttp, which tries again only what may pass.
	regexp.MustCompile(`(?i)\bunexpected HTTP response code (?:429|500|502|503|504)\b|\bgiving up after \d+ attempt`),
	// Source: Google Cloud APIs, "Errors": 429 and 503; googleapi.Error's text.
	regexp.MustCompile(`\bgoogleapi: Error (?:429|500|502|503|504)\b|\bRESOURCE_EXHAUSTED\b.*(?i:rate|quota)|\brateLimitExceeded\b|\buserRateLimitExceeded\b`),
	// Source: Azure Resource Manager, "Understand how Azure Resource Manager throttles requests".
	regexp.MustCompile(`\b(?:TooManyRequests|SubscriptionRequestsThrottled|OperationNotAllowedThrottled|ServerTimeout|RetryableError)\b`),
	// What breaks on the way. Source: the texts of Go's net, net/http and context packages.
	regexp.MustCompile(`connection reset by peer|connection refused|broken pipe|i/o timeout|TLS handshake timeout|no such host|` +
		`temporary failure in name resolution|network is unreachable|no route to host|Client\.Timeout exceeded|context deadline exceeded|` +
		`server closed idle connection|http2: client connection lost|unexpected EOF`),
	// Somebody else holds the state, and the tool says who. A state that it cannot read it
	// also calls an error acquiring the lock. Source: Terraform, internal/command/clistate.
	regexp.MustCompile(`(?i)error acquiring the state lock.*(?:\block info:|already locked)`),
}

// transient gives an error its class: transient where each of its problems may be gone when
// the same is done again. One that stays makes all of it permanent.
func transient(err error) error {
	var classed *provisioner.Error
	if err == nil || errors.As(err, &classed) {
		return err
	}
	problems := tenon.ProblemsOf(err)
	found := false
	for _, problem := range problems {
		if problem.Severity != tenon.Error {
			continue
		}
		if !isPassing(problem.Message) {
			return err
		}
		found = true
	}
	if !found {
		return err
	}
	return &provisioner.Error{Class: provisioner.Transient, Err: err}
}

func isPassing(text string) bool {
	for _, pattern := range passing {
		if pattern.MatchString(text) {
			return true
		}
	}
	return false
}
