// Package store keeps what happened to environments: deployments, instances with their
// artifacts, driver state, saved plans, bundle files, the journal, locks and the audit.
//
//	st, err := store.Open(ctx, ".tenon", nil) // made where it is not there
//	if err != nil {
//		return err
//	}
//	defer st.Close()
//
//	lease, err := st.Lock(ctx, "shop/dev", "deploy of alice")
//	if err != nil {
//		return err // *LockedError says who has it
//	}
//	defer lease.Release()
//
//	id, err := lease.Intent(ctx, store.Entry{Deployment: "d-1", Address: "shop/dev.db", Step: "main", Action: "apply"})
//	// … call the driver …
//	err = lease.Outcome(ctx, id, "done", "")
//
// # The folder
//
//	.tenon/           0700
//	  tenon.db        0600  SQLite, with tenon.db-wal and tenon.db-shm while it is open
//	  key             0600  opens what is sealed; keep a copy of it apart from the store
//	  work/           0700  private work folders of steps that run
//
// Store.Backup copies the records while they are used, and Restore makes a store from such a
// copy and the key. The folder must lie on a file system of this machine: SQLite shares memory between the
// processes that have it open. Several processes may; one at a time writes about an
// environment, because writing takes its lock.
//
// # What is durable
//
// Every method that writes has written when it returns nil: each is one transaction, and
// its commit is synchronised to the disk (SQLite's synchronous=FULL). The journal needs
// that. An intent that the disk does not have after a power cut is a resource that nobody
// looks for. It costs one synchronisation of the write-ahead log a write: a millisecond or
// less on a solid-state disk, ten on a rotating one. BenchmarkJournal measures it.
//
// # What is sealed
//
//	                     readable                                  sealed
//	deployment           who, why, when, status, order, digest     summary
//	journal              everything; messages hold no secret
//	attempt              everything; messages hold no secret
//	instance, step       addresses, versions, digests, status,     params, inputs, outputs,
//	                     tags and names, what it uses              driver configuration
//	artifact             type, version, digest, sensitive paths    data
//	environment          names, which are secret                   values
//	driver state, plan   address, step, when                       the bytes
//	bundle files         everything (compressed)
//	audit                everything; details hold no secret
//
// Values are sealed with AES-256-GCM under a key for each project, with the kind of record
// and its address as associated data, so that a value moved to another address does not
// open. Project keys are derived from a root key that lies in the store, wrapped by the
// Sealer: a key service is asked once an Open, not once a value, and a new wrapping key
// changes neither values nor digests. The default Sealer is the key file. Without the key
// the structure stays readable (Options.WithoutKey), values do not.
//
// # Rules
//
// A Store and a Lease are safe for concurrent use. Reads see every write that returned
// before they began. Documents come back in the form of package tenon: map[string]any,
// []any, string, bool, nil and json.Number. Lists come back sorted. After a cancel, record
// what happened with context.WithoutCancel: a cancelled write writes nothing. The zero
// Store and the zero Lease do not work.
//
// Errors name the file and the cure: KeyError, DamagedError, VersionError, LockedError,
// AuditError, and ErrFenced, ErrFull, ErrBusy, ErrNotWritable for errors.Is. None holds a
// value that was sealed.
package store
