%% The same workloads on the BEAM: plain processes, spawn, ! and receive.
%%
%% erl -noshell +P 4000000 +S WORKERS:WORKERS -pa DIRECTORY -run bench main WORKLOAD WORKERS N
%% prints one JSON object per measurement and ends with status 0. The protocols are those of the sabir programs; the BEAM has no
%% foreign threads, so those workloads are missing here.
%%
%% SPDX-License-Identifier: Apache-2.0
-module(bench).
-export([main/1]).

-define(RING, 100).
-define(BURST, 1000).
-define(ALIVE_LIMIT, 1000).
-define(FAN_OUT, 10).

main([Workload, WorkersText, NText]) ->
    Workers = list_to_integer(WorkersText),
    Workers = erlang:system_info(schedulers_online),
    N = list_to_integer(NText),
    try run(Workload, Workers, N) of
        {time, Operations, Ns} ->
            print("{\"workload\": \"~s\", \"workers\": ~b, \"n\": ~b, \"ns_per_op\": ~.3f, \"total_ms\": ~.3f}~n",
                  [Workload, Workers, Operations, Ns / Operations, Ns / 1.0e6]);
        {bytes, Bytes} ->
            print("{\"workload\": \"~s\", \"workers\": ~b, \"n\": ~b, \"ns_per_op\": null, \"unit\": \"bytes\", \"value\": ~.1f}~n",
                  [Workload, Workers, N, float(Bytes)])
    catch
        Class:Reason:Stack ->
            io:format(standard_error, "bench: ~p~n", [{Class, Reason, Stack}]),
            halt(1)
    end.

%% halt flushes standard output first.
print(Format, Values) ->
    io:format(Format, Values),
    halt(0).

run("ping-pong", _, N) -> ping_pong(1, N);
run("ping-pong-100", _, N) -> ping_pong(100, N);
run("ring-100", _, N) -> ring(N);
run("fan-in-1", _, N) -> fan_in(1, N);
run("fan-in-4", _, N) -> fan_in(4, N);
run("spawn-1", Workers, N) -> spawn_message_exit(1, Workers, N);
run("spawn-2", Workers, N) -> spawn_message_exit(2, Workers, N);
run("skynet", _, N) -> skynet(N);
run("memory-per-idle-actor", _, N) -> memory_per_actor(N).

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
