package terraform

import (
	"context"
	"fmt"
)

// rescue keeps the state after a run. A tool that cannot write its state to where it
// belongs leaves it as errored.tfstate: where the driver keeps the state, that is taken
// for the state; where the module's backend does, it is pushed there. What cannot be kept
// stays in the work folder, and is tried again before the next run.
// Source: Terraform documentation, "Command: state push", and internal/backend/local,
// backupStateForError.
func (r *run) rescue(ctx context.Context, binary string, environment []string) error {
	if r.follow {
		return r.saveState(ctx)
	}
	if r.operation == operationPlan || !exists(r.work.inside(rescueName)) {
		return r.pull(ctx, binary, environment)
	}
	if binary == "" {
		return fmt.Errorf("the state of the last run is in %s, and %s is not here to push it", r.work.inside(rescueName), r.d.options.Tool.title())
	}
	// Also after a cancel, within the time that a stop in good order may take.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.d.options.Grace)
	defer cancel()
	a := asking{r.d, r.work.module, r.transcript.folder, binary, environment, r.transcript.secret}
	if _, err := a.run(ctx, "state", "push", rescueName); err != nil {
		return fmt.Errorf("the state of the last run is in %s, and its backend does not take it: %w", r.work.inside(rescueName), err)
	}
	r.transcript.log("the state that could not be written was pushed to its backend")
	return r.pull(ctx, binary, environment)
}

// pull looks into a state that the module's backend keeps, where the run leaves open what
// was made. Without it the result says less, and nothing is lost.
func (r *run) pull(ctx context.Context, binary string, environment []string) error {
	if len(r.transcript.failed)+len(r.transcript.atWork) == 0 || binary == "" || !exists(r.work.module) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.d.options.Grace)
	defer cancel()
	a := asking{r.d, r.work.module, r.transcript.folder, binary, environment, r.transcript.secret}
	text, err := a.run(ctx, "state", "pull")
	if err != nil {
		r.d.options.Logger.Warn("the state cannot be looked at", "error", err)
		return nil
	}
	r.saved = text
	return nil
}
