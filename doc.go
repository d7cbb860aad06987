// Package tenon is the root of the Tenon SDK.
package tenon
