package main

import (
	"context"
	"fmt"
	"io"

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
	return group("store", "The records: back them up, restore them", backup, restore)
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
