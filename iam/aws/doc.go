// Package aws renders access as AWS policy documents, without an AWS SDK and without I/O.
//
//	rendered, err := aws.Render(access, map[string]any{"queue": queueDocument})
//	fmt.Println(rendered.Policy) // {"Version":"2012-10-17","Statement":[…]}
//
// The documents are deterministic to the byte. A star comes only from the author of a
// type; a value of an artifact that would break out of its field (a wildcard, a policy
// variable, an ARN that is none or is cut short) is a problem, never a policy. Partitions
// come from the ARNs. The quotas of AWS on the size of policies are not checked.
//
// Mistakes are tenon.Problems and hold no values of artifacts. Rendered values are plain
// data; share them between goroutines as long as nobody changes them.
package aws
