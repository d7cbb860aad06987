package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

func (a *app) auditCommand() *cobra.Command {
	from, source := int64(1), ""
	export := &cobra.Command{
		Use: "export DIR", Short: "Print the audit as CloudEvents 1.0, one JSON document a line", Args: arguments("DIR"),
		Long: "Print the audit as CloudEvents 1.0, one JSON document a line. A shipper goes on where it\n" +
			"stopped with --from and one more than the id of the last line it shipped.\n\n" +
			"Exit status: 0 printed, also where there is nothing to print; 1 an event that cannot be\n" +
			"told; 2 it could not run.",
		RunE: func(c *cobra.Command, args []string) error { return a.auditExport(c.Context(), args[0], from, source) },
	}
	export.Flags().Int64Var(&from, "from", from, "number of the first event to print")
	export.Flags().StringVar(&source, "source", "", "source of the events, a URI (default made from the first event of the audit)")
	file := ""
	verify := &cobra.Command{
		Use: "verify [DIR]", Short: "Say whether the audit is as it was written, or which event is not",
		Long: "Say whether the audit in the records of DIR, or in what audit export printed (--file), is as\n" +
			"it was written. The first event that is not is named, with its kind: edit, gap, reorder, or\n" +
			"forged where the chain fits together but the store's key has not signed it.\n\n" +
			"Exit status: 0 it is as it was written; 1 it is not; 2 it could not run.",
		Args: func(c *cobra.Command, given []string) error {
			if file != "" {
				return arguments()(c, given)
			}
			return arguments("DIR")(c, given)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if file != "" {
				return a.auditVerdict(a.auditVerifyFile(file))
			}
			return a.auditVerdict(a.auditVerify(c.Context(), args[0]))
		},
	}
	verify.Flags().StringVar(&file, "file", "", "what audit export printed, instead of DIR; - is stdin")
	return group("audit", "The audit: hand it on, find what was done to it", export, verify)
}

func (a *app) auditExport(ctx context.Context, dir string, from int64, source string) error {
	if from < 1 {
		return usage("--from %d: the first event is 1", from)
	}
	st, err := a.records(ctx, dir, &store.Options{WithoutKey: true})
	if err != nil {
		return err
	}
	defer st.Close()
	out := bufio.NewWriter(a.stdout)
	_, err = st.ExportAudit(ctx, out, &store.AuditExport{From: from, Source: source})
	return errors.Join(err, out.Flush())
}

func (a *app) auditVerify(ctx context.Context, dir string) (store.AuditHead, error) {
	st, err := a.records(ctx, dir, nil)
	if err != nil {
		return store.AuditHead{}, err
	}
	defer st.Close()
	return st.CheckAudit(ctx)
}

func (a *app) auditVerifyFile(name string) (store.AuditHead, error) {
	if name == "-" {
		return store.VerifyAuditExport(a.stdin, store.AuditHead{})
	}
	file, err := os.Open(name)
	if err != nil {
		return store.AuditHead{}, err
	}
	defer file.Close()
	return store.VerifyAuditExport(file, store.AuditHead{})
}

// auditDocument is what audit verify prints.
type auditDocument struct {
	Verified bool            `json:"verified"`
	Last     store.AuditHead `json:"last"` // up to where it is as it was written
	Broken   *brokenEvent    `json:"broken,omitempty"`
}

type brokenEvent struct {
	Seq     int64  `json:"seq"`
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

func (a *app) auditVerdict(last store.AuditHead, err error) error {
	document := auditDocument{Verified: err == nil, Last: last}
	var broken *store.AuditError
	switch {
	case errors.As(err, &broken):
		document.Broken = &brokenEvent{broken.Seq, broken.Kind, fmt.Sprintf("event %d %s", broken.Seq, broken.Reason)}
	case err != nil:
		return err
	}
	if err := a.answer(document, func(w io.Writer) { printAudit(w, document) }); err != nil || document.Verified {
		return err
	}
	return answered(isNot)
}

func printAudit(w io.Writer, d auditDocument) {
	switch {
	case d.Broken != nil:
		fmt.Fprintf(w, "%s: %s\n", d.Broken.Kind, d.Broken.Message)
	case d.Last.Seq == 0:
		fmt.Fprintln(w, "as it was written: no event")
	default:
		fmt.Fprintf(w, "as it was written, up to event %d, hash %s\n", d.Last.Seq, d.Last.Hash)
	}
}
