%% The same workloads on the BEAM: plain processes, spawn, ! and receive; where there is a supervisor, OTP's with proc_lib workers.
%%
%% erl -noshell +P 4000000 +S WORKERS:WORKERS -pa DIRECTORY -run bench main WORKLOAD WORKERS N
%% prints one JSON object per measurement and ends with status 0. The protocols are those of the sabir programs; the BEAM has no
%% foreign threads, so those workloads are missing here.
%%
%% SPDX-License-Identifier: Apache-2.0
-module(bench).
-behaviour(supervisor).
-export([main/1]).
-export([init/1, start_child/0, start_victim/1, child_init/0, victim_init/1]).

-define(RING, 100).
-define(BURST, 1000).
-define(ALIVE_LIMIT, 1000).
-define(FAN_OUT, 10).
-define(BUSY_NS, 100_000).
-define(PAUSE_MS, 1).
-define(RESTARTS_PER_SUPERVISOR, 100).
-define(TIMEOUT_MS, 5000).
-define(HEAD_START_MS, 20).
-define(PRIME, 7919).

main([Workload, WorkersText, NText]) ->
    Workers = list_to_integer(WorkersText),
    Workers = erlang:system_info(schedulers_online),
    N = list_to_integer(NText),
    try run(Workload, Workers, N) of
        Results ->
            [print(Workload, Workers, N, Result) || Result <- lists:flatten([Results])],
            halt(0)  % flushes standard output first
    catch
        Class:Reason:Stack ->
            io:format(standard_error, "bench: ~p~n", [{Class, Reason, Stack}]),
            halt(1)
    end.

print(Workload, Workers, _, {time, Operations, Ns}) ->
    io:format("{\"workload\": \"~s\", \"workers\": ~b, \"n\": ~b, \"ns_per_op\": ~.3f, \"total_ms\": ~.3f}~n",
              [Workload, Workers, Operations, Ns / Operations, Ns / 1.0e6]);
print(Workload, Workers, N, {bytes, Bytes}) ->
    io:format("{\"workload\": \"~s\", \"workers\": ~b, \"n\": ~b, \"ns_per_op\": null, \"unit\": \"bytes\", \"value\": ~.1f}~n",
              [Workload, Workers, N, float(Bytes)]);
print(Workload, Workers, _, {latencies, Samples}) ->
    Sorted = lists:sort(Samples),
    Count = length(Sorted),
    [io:format("{\"workload\": \"~s-p~b\", \"workers\": ~b, \"n\": ~b, \"ns_per_op\": ~.1f}~n",
               [Workload, P, Workers, Count, float(lists:nth((P * Count + 99) div 100, Sorted))]) || P <- [50, 99]];
print(_, Workers, N, {Workload, Result}) ->
    print(Workload, Workers, N, Result).

run("ping-pong", _, N) -> ping_pong(1, N);
run("ping-pong-100", _, N) -> ping_pong(100, N);
run("ring-100", _, N) -> ring(N);
run("fan-in-1", _, N) -> fan_in(1, N);
run("fan-in-4", _, N) -> fan_in(4, N);
run("spawn-1", Workers, N) -> spawn_message_exit(1, Workers, N);
run("spawn-2", Workers, N) -> spawn_message_exit(2, Workers, N);
run("skynet", _, N) -> skynet(N);
run("memory-per-idle-actor", _, N) -> memory_per_actor(N);
run("restart", _, N) -> restart(0, N);
run("restart-loaded", Workers, N) -> restart(Workers, N);
run("restart-flood", _, N) -> restart_flood(N);
run("tree", _, N) -> tree(N);
run("timer-arm-cancel", _, N) -> timer_arm_cancel(N);
run("timer-1m", _, N) -> timer_million(N);
run("router-direct", _, N) -> fan_out(N);
run("topic-1000", _, N) -> topic(1000, N).

%% The time from now until Count processes have said done, after Start.
timed(Operations, Count, Start) ->
    Before = erlang:monotonic_time(nanosecond),
    Start(),
    Values = [receive {done, Value} -> Value end || _ <- lists:seq(1, Count)],
    {{time, Operations, erlang:monotonic_time(nanosecond) - Before}, lists:sum(Values)}.

%% Ping-pong. One operation is one message.

ping_pong(Pairs, N) ->
    Rounds = N div 2 div Pairs,
    Main = self(),
    Pingers = [begin
                   Ponger = spawn(fun ponger/0),
                   spawn(fun() -> pinger(Ponger, Main, Rounds) end)
               end || _ <- lists:seq(1, Pairs)],
    {Result, Pairs} = timed(2 * Rounds * Pairs, Pairs, fun() -> [Pinger ! pong || Pinger <- Pingers] end),
    Result.

ponger() ->
    receive {ping, From} -> From ! pong end,
    ponger().

pinger(_, Main, 0) ->
    receive pong -> Main ! {done, 1} end;
pinger(Ponger, Main, Rounds) ->
    receive pong -> Ponger ! {ping, self()} end,
    pinger(Ponger, Main, Rounds - 1).

%% Ring. One operation is one hop.

ring(N) ->
    Laps = N div ?RING,
    Main = self(),
    First = spawn(fun() -> receive {next, Next} -> first(Next, Main, Laps) end end),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> member(Next) end) end, First, lists:seq(2, ?RING)),
    First ! {next, Last},
    {Result, 1} = timed(Laps * ?RING, 1, fun() -> First ! token end),
    Result.

first(_, Main, 0) ->
    receive token -> Main ! {done, 1} end;
first(Next, Main, Laps) ->
    receive token -> Next ! token end,
    first(Next, Main, Laps - 1).

member(Next) ->
    receive token -> Next ! token end,
    member(Next).

%% Fan-in. One operation is one message.

fan_in(Producers, N) ->
    Count = N div Producers,
    Main = self(),
    Consumer = spawn(fun() -> consumer(Count * Producers, 0, Main) end),
    Pids = [spawn(fun() -> producer(Consumer, Count) end) || _ <- lists:seq(1, Producers)],
    {Result, Sum} = timed(Count * Producers, 1, fun() -> [Pid ! go_on || Pid <- Pids] end),
    Sum = Producers * (Count * (Count + 1) div 2),
    Result.

consumer(0, Sum, Main) ->
    Main ! {done, Sum};
consumer(Left, Sum, Main) ->
    receive {add, Value} -> consumer(Left - 1, Sum + Value, Main) end.

producer(_, 0) ->
    ok;
producer(Consumer, Left) ->
    receive go_on -> ok end,
    Rest = burst(Consumer, Left, ?BURST),
    self() ! go_on,
    producer(Consumer, Rest).

burst(_, 0, _) -> 0;
burst(_, Left, 0) -> Left;
burst(Consumer, Left, Burst) ->
    Consumer ! {add, Left},
    burst(Consumer, Left - 1, Burst - 1).

%% Router, directly: a process sends to eight others in turn, a thousand messages per message it handles. One operation is one message.

fan_out(N) ->
    Main = self(),
    To = list_to_tuple([spawn(fun() -> routee(0, Main) end) || _ <- lists:seq(1, 8)]),
    Sender = spawn(fun() -> fan_out(N, To) end),
    {Result, Sum} = timed(N, 8, fun() -> Sender ! go_on end),
    Sum = N * (N + 1) div 2,
    Result.

fan_out(0, To) ->
    [Pid ! stop || Pid <- tuple_to_list(To)];
fan_out(Left, To) ->
    receive go_on -> ok end,
    Then = max(0, Left - ?BURST),
    fan_out_to(Left, Then, To),
    self() ! go_on,
    fan_out(Then, To).

fan_out_to(Left, Left, _) ->
    ok;
fan_out_to(Left, Then, To) ->
    element(Left rem 8 + 1, To) ! {add, Left},
    fan_out_to(Left - 1, Then, To).

routee(Sum, Main) ->
    receive
        {add, Value} -> routee(Sum + Value, Main);
        stop -> Main ! {done, Sum}
    end.

%% Topic: a group of pg, whose members a process sends to, one message to each per message it handles. One operation is one message
%% received.

topic(Members, N) ->
    Count = N div Members,
    Main = self(),
    {ok, _} = pg:start_link(),
    Pids = [spawn(fun() -> consumer(Count, 0, Main) end) || _ <- lists:seq(1, Members)],
    ok = pg:join(topic, Pids),
    Publisher = spawn(fun() -> publisher(Count) end),
    {Result, Sum} = timed(Count * Members, Members, fun() -> Publisher ! go_on end),
    Sum = Members * (Count * (Count + 1) div 2),
    Result.

publisher(0) ->
    ok;
publisher(Left) ->
    receive go_on -> ok end,
    Message = {add, Left},
    [Pid ! Message || Pid <- pg:get_members(topic)],
    self() ! go_on,
    publisher(Left - 1).

%% Spawn, one message, exit. A spawner goes on when the last child of its batch has had its message; a child that has counted itself may
%% still be exiting, at most one per scheduler.

spawn_message_exit(Spawners, Workers, N) ->
    Count = N div Spawners,
    Batch = ?ALIVE_LIMIT div Spawners - 1 - Workers,
    Main = self(),
    Pids = [spawn(fun() -> spawner(Count, Batch, atomics:new(1, []), Main) end) || _ <- lists:seq(1, Spawners)],
    {Result, Spawners} = timed(Count * Spawners, Spawners, fun() -> [Pid ! go_on || Pid <- Pids] end),
    Result.

spawner(Left, Batch, Counter, Main) ->
    receive go_on -> ok end,
    case min(Left, Batch) of
        0 -> Main ! {done, 1};
        Now ->
            atomics:put(Counter, 1, Now),
            spawn_children(Now, Counter, self()),
            spawner(Left - Now, Batch, Counter, Main)
    end.

spawn_children(0, _, _) -> ok;
spawn_children(Left, Counter, Spawner) ->
    Child = spawn(fun() -> child(Counter, Spawner) end),
    Child ! {add, Left},
    spawn_children(Left - 1, Counter, Spawner).

child(Counter, Spawner) ->
    receive {add, _} -> ok end,
    case atomics:sub_get(Counter, 1, 1) of
        0 -> Spawner ! go_on;
        _ -> ok
    end.

%% Skynet. One operation is one actor.

skynet(N) ->
    {N, Actors} = actors(1, 1, N),
    Main = self(),
    {Result, Sum} = timed(Actors, 1, fun() -> spawn(fun() -> node(Main, 0, N) end) end),
    Sum = N * (N - 1) div 2,
    Result.

actors(Leaves, Actors, N) when Leaves < N -> actors(Leaves * ?FAN_OUT, Actors + Leaves * ?FAN_OUT, N);
actors(Leaves, Actors, _) -> {Leaves, Actors}.

node(Parent, Number, 1) ->
    Parent ! {done, Number};
node(Parent, Number, Leaves) ->
    Self = self(),
    Each = Leaves div ?FAN_OUT,
    [spawn(fun() -> node(Self, Number + I * Each, Each) end) || I <- lists:seq(0, ?FAN_OUT - 1)],
    Parent ! {done, sum(?FAN_OUT, 0)}.

sum(0, Sum) -> Sum;
sum(Left, Sum) ->
    receive {done, Value} -> sum(Left - 1, Sum + Value) end.

%% Resident bytes per idle process with 48 bytes of state: a tuple of five words and its header.

memory_per_actor(N) ->
    Main = self(),
    Before = resident_bytes(),
    spawn_idle(N, Main),
    {bytes, (resident_bytes() - Before) / N}.

spawn_idle(0, _) -> ok;
spawn_idle(Left, Main) ->
    Batch = min(Left, 1000),
    [spawn(fun() -> Main ! {done, 1}, idle({Left, Value, Main, Left + Value, Value}) end) || Value <- lists:seq(1, Batch)],
    [receive {done, 1} -> ok end || _ <- lists:seq(1, Batch)],
    spawn_idle(Left - Batch, Main).

idle(State) ->
    receive
        {get, From} -> From ! State, idle(State)
    end.

resident_bytes() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:lexemes(Text, " \n"),
    binary_to_integer(Pages) * 4096.

%% Restarts. A message to a process that is gone is lost, and its successor has another pid: so the new incarnation says that it is up, and
%% that ends the sample, one message sooner than in the sabir program, whose prober asks and is answered.
%%
%% A supervisor of OTP 25 goes through the list of all restarts within its period, a second or more, at each restart. None is kept for long
%% here, so that the list stays short.

init({restart, Prober}) ->
    Victim = #{id => victim, start => {?MODULE, start_victim, [Prober]}},
    {ok, {#{strategy => one_for_one, intensity => 1_000_000, period => 1}, [Victim]}};
init(tree) ->
    {ok, {#{strategy => one_for_one}, []}}.

start_victim(Prober) -> proc_lib:start_link(?MODULE, victim_init, [Prober]).

victim_init(Prober) ->
    proc_lib:init_ack({ok, self()}),
    Prober ! {up, self()},
    receive poison -> exit(poisoned) end.

restart(BusyProcesses, N) ->
    ok = logger:set_primary_config(level, none),
    Main = self(),
    Pause = case BusyProcesses of 0 -> fun() -> ok end; _ -> fun() -> receive after ?PAUSE_MS -> ok end end end,
    WarmUp = N div 10,
    Prober = spawn_link(fun() ->
                            receive go_on -> ok end,
                            Samples = restarts(N + WarmUp, Pause, []),
                            Main ! {done, lists:nthtail(WarmUp, lists:reverse(Samples))}
                        end),
    [spawn(fun() -> self() ! go_on, busy() end) || _ <- lists:seq(1, BusyProcesses)],
    Prober ! go_on,
    receive {done, Samples} -> {latencies, Samples} end.

restart_flood(N) ->
    ok = logger:set_primary_config(level, none),
    Main = self(),
    Prober = spawn_link(fun() ->
                            receive go_on -> ok end,
                            restarts(N, fun() -> ok end, []),
                            Main ! {done, 1}
                        end),
    {Result, 1} = timed(N, 1, fun() -> Prober ! go_on end),
    Result.

restarts(0, _, Samples) -> Samples;
restarts(Left, Pause, Samples) ->
    Now = min(Left, ?RESTARTS_PER_SUPERVISOR),
    {ok, Supervisor} = supervisor:start_link(?MODULE, {restart, self()}),
    Victim = receive {up, Pid} -> Pid end,
    More = restarts_of(Victim, Now, Pause, Samples),
    ok = gen_server:stop(Supervisor),
    restarts(Left - Now, Pause, More).

restarts_of(_, 0, _, Samples) -> Samples;
restarts_of(Victim, Left, Pause, Samples) ->
    Pause(),
    Before = erlang:monotonic_time(nanosecond),
    Victim ! poison,
    Next = receive {up, Pid} -> Pid end,
    restarts_of(Next, Left - 1, Pause, [erlang:monotonic_time(nanosecond) - Before | Samples]).

busy() ->
    receive go_on -> ok end,
    spin(erlang:monotonic_time(nanosecond) + ?BUSY_NS),
    self() ! go_on,
    busy().

spin(End) ->
    case erlang:monotonic_time(nanosecond) < End of
        true -> spin(End);
        false -> ok
    end.

%% A supervisor with N children. supervisor:start_child is the one way to add a child, and it waits.

tree(N) ->
    Main = self(),
    spawn_link(fun() ->
                   {ok, Supervisor} = supervisor:start_link(?MODULE, tree),
                   Before = erlang:monotonic_time(nanosecond),
                   start_children(N, Supervisor),
                   Started = erlang:monotonic_time(nanosecond),
                   N = proplists:get_value(active, supervisor:count_children(Supervisor)),
                   Stopping = erlang:monotonic_time(nanosecond),
                   ok = gen_server:stop(Supervisor, normal, infinity),
                   Stopped = erlang:monotonic_time(nanosecond),
                   Main ! {done, [{"tree-start", {time, N, Started - Before}}, {"tree-stop", {time, N, Stopped - Stopping}}]}
               end),
    receive {done, Results} -> Results end.

start_children(0, _) -> ok;
start_children(Left, Supervisor) ->
    {ok, _} = supervisor:start_child(Supervisor, #{id => Left, start => {?MODULE, start_child, []}}),
    start_children(Left - 1, Supervisor).

start_child() -> proc_lib:start_link(?MODULE, child_init, []).

child_init() ->
    proc_lib:init_ack({ok, self()}),
    receive stop -> ok end.

%% Timers. One operation is an arm and a cancel, or the processor time of the whole emulator per timer that is armed and fires. Erlang's
%% timers count milliseconds, so that is what they are late against.

timer_arm_cancel(N) ->
    Main = self(),
    Pid = spawn_link(fun() -> receive go_on -> arm_and_cancel(N), Main ! {done, 1} end end),
    {Result, 1} = timed(N, 1, fun() -> Pid ! go_on end),
    Result.

arm_and_cancel(0) -> ok;
arm_and_cancel(Left) ->
    Timer = erlang:send_after(?TIMEOUT_MS, self(), timeout),
    erlang:cancel_timer(Timer),
    arm_and_cancel(Left - 1).

timer_million(N) ->
    Main = self(),
    {Before, _} = erlang:statistics(runtime),
    Sleeper = fun() ->
                  Start = erlang:monotonic_time(millisecond) + ?HEAD_START_MS,
                  arm_all(0, N, Start),
                  true = erlang:monotonic_time(millisecond) < Start + 2 * N div 1000,
                  Main ! {done, receive_all(N, [])}
              end,
    spawn_opt(Sleeper, [link, {min_heap_size, 8 * N}]),  % so that no time is spent on collecting the samples
    receive {done, Late} -> ok end,
    {After, _} = erlang:statistics(runtime),
    true = lists:min(Late) >= 0,
    [{time, N, (After - Before) * 1_000_000}, {"timer-late", {latencies, Late}}].

arm_all(N, N, _) -> ok;
arm_all(I, N, Start) ->
    Due = Start + (2 * N + I * ?PRIME rem N) div 1000,
    erlang:send_after(Due, self(), {due, Due}, [{abs, true}]),
    arm_all(I + 1, N, Start).

receive_all(0, Late) -> Late;
receive_all(Left, Late) ->
    receive {due, Due} -> receive_all(Left - 1, [erlang:monotonic_time(nanosecond) - Due * 1_000_000 | Late]) end.
