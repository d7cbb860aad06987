package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

func (a *app) storeCommand() *cobra.Command {
	backup := &cobra.Command{
		Use: "backup DIR FILE", Short: "Copy the records to a new file, while runs go on", Args: arguments("DIR", "FILE"),
		Long: "Copy the records of DIR to a file that is not there yet, as they are at one moment. Values\n" +
			"stay sealed: the key is not in it, keep a copy of that elsewhere.",
		RunE: func(c *cobra.Command, args []string) error { return a.storeBackup(c.Context(), args[0], args[1]) },
	}
	restore := &cobra.Command{
		Use: "restore DIR FILE", Short: "Make the records from a backup, where there are none", Args: arguments("DIR", "FILE"),
		Long: "Make the records of DIR from a backup. There must be none, and the key must lie where they\n" +
			"belong. What was done since the backup is not known to it: look with env drift before anything\n" +
			"is deployed.",
		RunE: func(c *cobra.Command, args []string) error { return a.storeRestore(c.Context(), args[0], args[1]) },
	}
	days, keep := 0, 0
	prune := &cobra.Command{
		Use: "prune DIR", Short: "Remove old history, and give its space back", Args: arguments("DIR"),
		Long: "Remove deployments, replaced artifacts and plans that are older than --days. What is there\n" +
			"now, what is not settled, the newest deployments of each environment and the audit stay.",
		RunE: func(c *cobra.Command, args []string) error { return a.storePrune(c.Context(), args[0], days, keep) },
	}
	prune.Flags().IntVar(&days, "days", 0, "how old history must be to go (needed)")
	prune.Flags().IntVar(&keep, "keep", 10, "how many deployments of each environment stay")
	return group("store", "The records: back them up, restore them, remove old history", backup, restore, prune)
}

func (a *app) storeBackup(ctx context.Context, dir, file string) error {
	st, err := a.records(ctx, dir, &store.Options{WithoutKey: true})
	if err != nil {
		return err
	}
	defer st.Close()
	if err := st.Backup(ctx, file); err != nil {
		return err
	}
	return a.answer(map[string]any{"backup": file}, func(w io.Writer) {
		fmt.Fprintf(w, "%s holds the records; the key is not in it\n", file)
	})
}

func (a *app) storeRestore(ctx context.Context, dir, file string) error {
	folder, err := a.recordsFolder(dir)
	if err != nil {
		return err
	}
	if err := store.Restore(ctx, file, folder, requestedBy(), nil); err != nil {
		return err
	}
	return a.answer(map[string]any{"restored": folder}, func(w io.Writer) {
		fmt.Fprintf(w, "%s has the records of the backup; look for drift before anything is deployed\n", folder)
	})
}

func (a *app) storePrune(ctx context.Context, dir string, days, keep int) error {
	if days < 1 || keep < 1 {
		return usage("--days and --keep must be at least 1")
	}
	st, err := a.records(ctx, dir, nil)
	if err != nil {
		return err
	}
	defer st.Close()
	pruned, err := st.Prune(ctx, store.PruneOptions{Before: time.Now().AddDate(0, 0, -days), Keep: keep, Who: requestedBy()})
	if err != nil {
		return err
	}
	return a.answer(pruned, func(w io.Writer) {
		fmt.Fprintf(w, "removed %d deployments, %d replaced artifacts and %d plans\n", pruned.Deployments, pruned.Artifacts, pruned.Plans)
	})
}
