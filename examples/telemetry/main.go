// Command telemetry deploys a small estate with the memory driver and prints the run's spans
// and metrics as OpenTelemetry's SDK tells them.
//
//	go run ./examples/telemetry
//
// It shows the whole of it: providers with exporters, the sink between them and the engine,
// and the flush at the end. Put another exporter in the place of the two to standard output
// (otlptracegrpc.New(ctx), otlpmetricgrpc.New(ctx)) to send it to a collector.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/telemetry"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

//go:embed estate
var estate embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run makes the providers, deploys, and flushes what they hold.
func run(ctx context.Context, w io.Writer) (err error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(w), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	figures, err := stdoutmetric.New(stdoutmetric.WithWriter(w), stdoutmetric.WithPrettyPrint())
	if err != nil {
		return err
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(figures)))
	defer func() {
		last := context.WithoutCancel(ctx) // also after Ctrl-C it is told what happened
		err = errors.Join(err, tracers.Shutdown(last), meters.Shutdown(last))
	}()
	folder, err := os.MkdirTemp("", "tenon-telemetry")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	return apply(ctx, folder, memory.New(nil), tracers, meters)
}

// apply deploys the estate; its events become spans and metrics of the providers.
func apply(ctx context.Context, folder string, driver provisioner.Driver, tracers trace.TracerProvider, meters metric.MeterProvider) error {
	sink, err := telemetry.New(tracers, meters, nil)
	if err != nil {
		return err
	}
	defer sink.Close()
	st, err := store.Open(ctx, folder, nil)
	if err != nil {
		return err
	}
	defer st.Close()
	files, err := fs.Sub(estate, "estate")
	if err != nil {
		return err
	}
	loaded, err := graph.Load(files, nil)
	if err != nil {
		return err
	}
	env, err := graph.Resolve(loaded, "shop/dev", nil)
	if err != nil {
		return err
	}
	engine := deploy.New(st, provisioner.Drivers{"memory": driver}, &deploy.Options{Events: sink})
	_, err = engine.Deploy(ctx, env)
	return err
}
