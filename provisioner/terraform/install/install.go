// Package install gets Terraform from HashiCorp's releases where a machine does not have it,
// or not in the version that a step wants:
//
//	driver := terraform.New(&terraform.Options{Environ: os.Environ(), Install: install.Terraform("/var/cache/tenon", nil)})
//
// It is a package of its own so that programs which install nothing do not link it.
package install

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"

	"github.com/tenon-sdk/tenon/internal/flock"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Options of Terraform. The zero value takes what HashiCorp has published.
type Options struct {
	// BaseURL is a mirror of the releases, of the same form. Default: HashiCorp's own.
	BaseURL string
	// PublicKey is the armored key whose signature the checksums must carry. Default:
	// HashiCorp's.
	PublicKey string
	// Timeout of one download. Default 5 minutes.
	Timeout time.Duration
}

// Terraform gives what terraform.Options.Install is: a function that gives the path of a
// binary in folder/VERSION, and gets it where it is not there. A version of three numbers
// is that one, 1.11 the newest 1.11.x and an empty one the newest there is, of those that
// are in folder before any is downloaded. Archives are checked against signed checksums.
// What cannot be had is a *provisioner.ToolMissingError.
//
// Safe for concurrent use, also by several processes with the same folder.
func Terraform(folder string, opts *Options) func(ctx context.Context, version string) (string, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	return func(ctx context.Context, want string) (string, error) {
		want = strings.TrimPrefix(want, "v")
		if path := here(folder, want); path != "" {
			return path, nil
		}
		path, err := o.get(ctx, folder, want)
		if err != nil && ctx.Err() == nil {
			err = &provisioner.ToolMissingError{Tool: product.Terraform.Name, Version: want, Cure: fmt.Sprintf("install it, or look why it cannot be downloaded: %v", err)}
		}
		return path, err
	}
}

// here gives the newest binary that is there; empty for none.
func here(folder, want string) string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return ""
	}
	var found []*version.Version
	for _, entry := range entries {
		v, err := version.NewSemver(entry.Name())
		if err != nil || v.Prerelease() != "" && entry.Name() != want || !satisfies(entry.Name(), want) {
			continue
		}
		if _, err := os.Stat(binary(folder, entry.Name())); err == nil {
			found = append(found, v)
		}
	}
	if len(found) == 0 {
		return ""
	}
	newest := slices.MaxFunc(found, (*version.Version).Compare)
	return binary(folder, newest.Original())
}

func satisfies(v, want string) bool { return want == "" || v == want || strings.HasPrefix(v, want+".") }

func binary(folder, v string) string { return filepath.Join(folder, v, product.Terraform.BinaryName()) }

// get downloads a version into a folder beside those that are there, and then moves it
// among them: one that is there is whole.
func (o *Options) get(ctx context.Context, folder, want string) (path string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	release, err := flock.Take(ctx, filepath.Join(folder, ".lock"))
	if err != nil {
		return "", err
	}
	defer release()
	if path := here(folder, want); path != "" { // another one has got it in the meantime
		return path, nil
	}
	newest, err := o.newest(ctx, want)
	if err != nil {
		return "", err
	}
	temporary, err := os.MkdirTemp(folder, ".new-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temporary)) }()
	source := &releases.ExactVersion{
		Product: product.Terraform, Version: newest, InstallDir: temporary, Timeout: o.Timeout, ApiBaseURL: o.BaseURL, ArmoredPublicKey: o.PublicKey,
	}
	got, err := source.Install(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		// hc-install forgets the error of unpacking, and misses the file after that.
		err = errors.New("the archive is not the one that was signed, or cannot be unpacked")
	}
	if err != nil {
		return "", err
	}
	if err := runs(ctx, got, newest.String()); err != nil {
		return "", err
	}
	if err := os.Chmod(temporary, 0o755); err != nil { //nolint:gosec // programs are for everybody
		return "", err
	}
	return binary(folder, newest.String()), os.Rename(temporary, filepath.Join(folder, newest.String()))
}

// runs says whether a binary that was unpacked is whole: of a disk that is full hc-install
// does not tell.
func runs(ctx context.Context, path, want string) error {
	command := exec.CommandContext(ctx, path, "version")
	command.Dir, command.Env = filepath.Dir(path), []string{"CHECKPOINT_DISABLE=1"}
	said, err := command.Output()
	if err != nil {
		return fmt.Errorf("what was downloaded does not run: %w", err)
	}
	if first, _, _ := strings.Cut(string(said), "\n"); first != "Terraform v"+want {
		return fmt.Errorf("what was downloaded says that it is %.40q, and not Terraform %s", first, want)
	}
	return nil
}

// newest is the version to get.
func (o *Options) newest(ctx context.Context, want string) (*version.Version, error) {
	if strings.Count(want, ".") >= 2 {
		exact, err := version.NewSemver(want)
		if err != nil {
			err = fmt.Errorf("%q is not a version", want)
		}
		return exact, err
	}
	constraint := ">= 0"
	if want != "" {
		constraint = "~> " + want + ".0"
	}
	constraints, err := version.NewConstraint(constraint)
	if err != nil {
		return nil, fmt.Errorf("%q is not a version", want)
	}
	list := &releases.Versions{Product: product.Terraform, Constraints: constraints, ListTimeout: o.Timeout, ApiBaseURL: o.BaseURL}
	sources, err := list.List(ctx)
	if err != nil {
		return nil, err
	}
	var newest *version.Version
	for _, source := range sources {
		exact, ok := source.(*releases.ExactVersion)
		if ok && exact.Version.Prerelease() == "" && (newest == nil || exact.Version.GreaterThan(newest)) {
			newest = exact.Version
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("there is no release of Terraform %s", want)
	}
	return newest, nil
}
