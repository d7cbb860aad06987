// Package telemetry turns the events of runs into OpenTelemetry spans and metrics.
//
//	sink, err := telemetry.New(tracerProvider, meterProvider, nil)
//	if err != nil {
//		return err
//	}
//	defer sink.Close()
//	engine := deploy.New(st, drivers, &deploy.Options{Events: sink})
//
// It uses OpenTelemetry's API alone: the providers, and with them sampling, exporters and
// resources, are the program's. examples/telemetry is a whole program. A program that shows
// progress as well hands each event to both:
//
//	deploy.SinkFunc(func(e deploy.Event) { sink.Send(e); progress.Send(e) })
//
// # Spans
//
//	run deploy              a run; deployment.id, deployment.environment.name, tenon.action, tenon.outcome
//	  instance shop/dev.db  an instance; tenon.instance.address, tenon.bundle.name, tenon.bundle.version, …
//	    step main           a step; tenon.step.name, tenon.driver.name, tenon.action, tenon.outcome
//
// Every instance of a run has its span. That of one which was skipped or blocked, or failed
// before anything was begun, has no length. What is done to resources, diagnostics and
// retries are events of the step's span. A span of something that failed has the status
// Error, and error.type is the rule of its last diagnostic, else its outcome. After a cancel
// the steps that were stopped have failed, what was not begun is blocked, and the run is
// canceled.
//
// # Metrics
//
//	tenon.run.duration       histogram, s           tenon.action, tenon.outcome
//	tenon.instances          counter, {instance}    tenon.action, tenon.outcome
//	tenon.instance.duration  histogram, s           tenon.action, tenon.outcome, tenon.bundle.name
//	tenon.step.duration      histogram, s           tenon.action, tenon.outcome, tenon.driver.name
//	tenon.step.retries       counter, {retry}       tenon.action, tenon.driver.name
//
// No metric has an address, so their number does not grow with an estate.
//
// # Outcomes
//
// Of a run: succeeded, failed, canceled, interrupted. Of an instance: done, skipped,
// failed, unknown, blocked, interrupted. Of a step: done, failed, unknown, interrupted.
// Interrupted is what had not ended when Close was called, or with its run.
//
// # Rules
//
// A Sink is safe for concurrent use and takes events of several runs at a time, each run
// told by its deployment's id. It needs nothing but the events: those that were kept can be
// played to it later, and spans have the times of the events. No span and no metric holds
// a value of an input, an output or a secret, nor a tool's message, which could quote one
// (Options.Messages). Addresses of resources are those of the tool; a module that uses
// values as keys of for_each has them in there.
//
// A driver's tool gets no trace context: events go one way.
package telemetry
