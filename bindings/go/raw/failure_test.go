// SPDX-License-Identifier: Apache-2.0

package raw_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/cgo"
	"strings"
	"testing"
	"time"
	"unsafe"

	"sabir/raw"
)

// scripted is an actor whose callbacks do what a test says.
type scripted struct {
	receive func(message *raw.Message) raw.Status
	stop    func()
}

func (s scripted) Receive(_ *raw.Context, message **raw.Message) raw.Status {
	return s.receive(*message)
}

func (s scripted) Stop(*raw.Context, *raw.Exit) {
	if s.stop != nil {
		s.stop()
	}
}

func starts(actor raw.Actor) raw.Start {
	return func(*raw.Context) (raw.Actor, raw.Status) { return actor, raw.OK }
}

// crash asks and expects a crash; its text and stack.
func (f *fixture) crash(pid raw.Pid) (text, stack string) {
	f.t.Helper()
	status, reply := f.ask(pid, add, nil)
	equal(f.t, "status", status, raw.E_CRASHED)
	exit := raw.MessageExit(reply)
	equal(f.t, "exit status", raw.ExitStatus(exit), raw.E_EXCEPTION)
	return raw.String(raw.ExitMessage(exit)), raw.String(raw.ExitDetail(exit))
}

func TestStartWithoutAnActorFails(t *testing.T) {
	f := newFixture(t)
	_, status, text := f.supervise("nobody", raw.GoStart, raw.Argument(starts(nil)))
	equal(t, "status", status, raw.E_START_FAILED)
	if !strings.Contains(text, "no actor") {
		t.Errorf("the error does not say why: %s", text)
	}
	f.logged(f.spawnActor(starts(nil)), "no actor")
}

func TestArgumentOfAnotherTypeFailsTheStart(t *testing.T) {
	f := newFixture(t)
	untyped := func(*raw.Context) (raw.Actor, raw.Status) { return nil, raw.OK }
	_, status, text := f.supervise("untyped", raw.GoStart, uintptr(cgo.NewHandle(untyped)))
	equal(t, "status", status, raw.E_START_FAILED)
	if !strings.Contains(text, "is a handle of func(*raw.Context) (raw.Actor, raw.Status), not raw.Start") {
		t.Errorf("the error does not say why: %s", text)
	}
}

func TestStartThatHasFailedKeepsNoActor(t *testing.T) {
	f := newFixture(t)
	collected := make(chan struct{}, 1)
	_, status, text := f.supervise("failing", raw.GoStart, raw.Argument(raw.Start(func(context *raw.Context) (raw.Actor, raw.Status) {
		actor := &counter{life: newLife()}
		runtime.SetFinalizer(actor, func(*counter) { collected <- struct{}{} })
		why, size := raw.StringData("no luck")
		return actor, raw.ContextFail(context, 7, why, size, nil, 0)
	})))
	equal(t, "status", status, raw.E_START_FAILED)
	equal(t, "text", text, "no luck")
	for end := time.Now().Add(patience); time.Now().Before(end); {
		runtime.GC()
		select {
		case <-collected:
			return
		case <-time.After(time.Millisecond):
		}
	}
	t.Error("something still holds the actor")
}

func TestMisusedArgumentsAreNamedWithTheCure(t *testing.T) {
	f := newFixture(t)
	used := raw.Argument(starts(nil))
	raw.FreeArgument(used)
	for _, c := range []struct {
		argument uintptr
		texts    []string
	}{
		{0, []string{"argument of raw.GoStart is 0", "raw.Argument(raw.Start(...))"}},
		{used, []string{"of raw.GoStart is no handle, or one that has ended"}},
		{uintptr(cgo.NewHandle(3)), []string{"of raw.GoStart is a handle of int, not raw.Start", "make it by raw.Argument(raw.Start(...))"}},
	} {
		name := raw.NewString("misused")
		defer raw.FreeString(name)
		behavior := f.behavior(name, raw.GoStart)
		options := spawnOptions(name, c.argument)
		if c.argument == used {
			options.Drop = nil
		}
		var pid raw.Pid
		ok(t, raw.Spawn(f.system, behavior, &options, &pid, nil))
		f.logged(pid, c.texts...)
		raw.BehaviorDestroy(&behavior)
	}
}

func TestForgottenStartIsNamed(t *testing.T) {
	f := newFixture(t)
	name := raw.NewString("forgetful")
	defer raw.FreeString(name)
	behavior := f.behavior(name, nil)
	defer raw.BehaviorDestroy(&behavior)
	options := spawnOptions(name, raw.Argument(starts(nil)))
	var pid raw.Pid
	ok(t, raw.Spawn(f.system, behavior, &options, &pid, nil))
	text, _ := f.crash(pid)
	equal(t, "text", text, "the state of raw.GoReceive is a raw.Start, not raw.Actor: set Start of the raw.Callbacks to raw.GoStart")
}

// panicText is what a function panics with, "" where it does not.
func panicText(body func()) (text string) {
	defer func() {
		if cause := recover(); cause != nil {
			text = fmt.Sprint(cause)
		}
	}()
	body()
	return
}

func TestArgumentsEndOnce(t *testing.T) {
	raw.FreeArgument(0)
	argument := raw.Argument(starts(nil))
	raw.FreeArgument(argument)
	if text := panicText(func() { raw.FreeArgument(argument) }); !strings.HasPrefix(text, "raw.FreeArgument: the argument") ||
		!strings.Contains(text, "has ended") {
		t.Errorf("the second FreeArgument does not say what is wrong: %s", text)
	}
	equal(t, "text", panicText(func() { raw.Argument(raw.Log(nil)) }), "raw.Argument: the raw.Log is nil")
}

// An argument is moved by Supervise in every case but this one: the structure that has it cannot be read.
func TestArgumentOfOptionsThatCannotBeReadIsNotDropped(t *testing.T) {
	f := newFixture(t)
	name := raw.NewString("unreadable")
	defer raw.FreeString(name)
	behavior := f.behavior(name, raw.GoStart)
	defer raw.BehaviorDestroy(&behavior)
	options := spawnOptions(name, raw.Argument(starts(nil)))
	options.StructSize = 4
	var spec raw.ChildSpec
	raw.ChildSpecInit(&spec, uint32(unsafe.Sizeof(spec)))
	spec.Spawn = &options
	var pinner runtime.Pinner
	defer pinner.Unpin()
	pinner.Pin(&options)
	equal(t, "status", raw.Supervise(f.system, 0, name, behavior, &spec, nil, nil), raw.E_OPTION)
	f.shutDown()
	raw.FreeArgument(options.Argument) // would panic if it had been dropped
}

func TestWithoutStartTheArgumentIsTheActorOfAllIncarnations(t *testing.T) {
	f := newFixture(t)
	life := newLife()
	handle := cgo.NewHandle(&counter{life: life})
	pid, status, text := f.supervise("counter", nil, uintptr(handle))
	if status != raw.OK {
		t.Fatal(text)
	}
	f.send(pid, add, number(3))
	status, _ = f.ask(pid, fail, nil)
	equal(t, "status", status, raw.E_CRASHED)
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_CRASHED)
	equal(t, "total", f.total(pid), 3)
	f.shutDown()
	equal(t, "stop reason", life.nextStopReason(t), raw.EXIT_SHUTDOWN)
	defer func() {
		if recover() == nil {
			t.Error("the handle was not ended by GoDrop")
		}
	}()
	handle.Value()
}

func TestPanicTextIsMadeSafeForC(t *testing.T) {
	f := newFixture(t)
	pid := f.spawnActor(starts(scripted{receive: func(*raw.Message) raw.Status { panic("zero \x00, broken \xff\xfe, whole Ω") }}))
	text, stack := f.crash(pid)
	equal(t, "text", text, "zero \uFFFD, broken \uFFFD, whole Ω")
	if !strings.Contains(stack, "failure_test.go:") {
		t.Errorf("no stack of the panic: %s", stack)
	}
}

func failToStop() {
	panic("cannot stop")
}

func TestPanicInStopIsLoggedWithItsStack(t *testing.T) {
	f := newFixture(t)
	pid := f.spawnActor(starts(scripted{stop: failToStop}))
	ok(t, raw.ActorStop(f.system, pid))
	f.logged(pid, "stop of 'counter' failed: cannot stop", "failToStop", "failure_test.go:")
}

func exits() {
	runtime.Goexit()
}

func TestContainedGoexitIsACrash(t *testing.T) {
	f := newFixture(t)
	receive := func(message *raw.Message) raw.Status {
		switch raw.MessageType(message) {
		case add:
			exits()
		case fail:
			panic("a panic is one all the same")
		}
		return raw.OK
	}
	for _, stop := range []func(){nil, exits} {
		pid := f.spawnActor(raw.ContainGoexit(starts(scripted{receive, stop})))
		f.send(pid, get, nil)
		text, stack := f.crash(pid)
		if !strings.HasPrefix(text, "runtime.Goexit was called") || !strings.Contains(stack, "raw_test.exits") {
			t.Errorf("the crash does not say that and where Goexit was called: %s\n%s", text, stack)
		}
		if stop != nil {
			f.logged(pid, "stop of 'counter' failed: runtime.Goexit was called", "raw_test.exits")
		}
	}
	pid := f.spawnActor(raw.ContainGoexit(starts(scripted{receive: receive})))
	status, reply := f.ask(pid, fail, nil)
	equal(t, "status", status, raw.E_CRASHED)
	exit := raw.MessageExit(reply)
	equal(t, "text", raw.String(raw.ExitMessage(exit)), "a panic is one all the same")
	if stack := raw.String(raw.ExitDetail(exit)); !strings.Contains(stack, "failure_test.go:") {
		t.Errorf("no stack of the panic: %s", stack)
	}
	_, status, text := f.supervise("starting", raw.GoStart, raw.Argument(raw.ContainGoexit(func(*raw.Context) (raw.Actor, raw.Status) {
		exits()
		return nil, raw.OK
	})))
	equal(t, "status", status, raw.E_START_FAILED)
	if !strings.Contains(text, "runtime.Goexit was called") {
		t.Errorf("the error does not say why: %s", text)
	}
}

func TestGoexitEndsTheProcessWithAText(t *testing.T) {
	const marker = "SABIR_GO_TEST_GOEXIT"
	if os.Getenv(marker) != "" {
		f := newFixture(t)
		f.ask(f.spawnActor(starts(scripted{receive: func(*raw.Message) raw.Status { exits(); return raw.OK }})), add, nil)
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^TestGoexitEndsTheProcessWithAText$", "-test.timeout=60s")
	command.Env = append(os.Environ(), marker+"=1")
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("the process ended otherwise: %v", err)
	}
	for _, text := range []string{"runtime.Goexit", "in a receive callback", "raw.ContainGoexit", "raw_test.exits"} {
		if !strings.Contains(string(output), text) {
			t.Errorf("%q is missing on stderr:\n%s", text, output)
		}
	}
}
