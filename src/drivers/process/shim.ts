/**
 * The shim: a POSIX shell that runs one attempt after another, each in a session of its own, and outlives the server.
 *
 * Why a shell that stays, and not one process spawned from Node for each attempt: forking a Node process of 200 MB
 * takes eight milliseconds of its only thread; writing a line to a shell that is already there takes ten microseconds.
 * For the same reason its loop starts no program but the attempt's own.
 *
 *     sh -c SCRIPT openbatch-shim BASE OOM_COUNTS CGROUP…
 *
 * OOM_COUNTS is the file with the kernel's `oom_kill` count, the first CGROUP the one whose processes are the job's; both
 * may be missing. The job inherits the cgroups, and the shim asks the kernel to spare it when memory runs out there.
 *
 * It takes the attempt's directory (relative to BASE) as a line of input and answers with a letter a line: `s` claimed
 * and started, `e` ended, `n` another shim has claimed it. For each attempt, in this order:
 *
 * 1. `claim`, made by O_EXCL, so that of two shims one runs the attempt: the boot id, the shim's process number and start
 *    time, and the list of the cgroup's processes (or `-`). The command is started only after it is written: an
 *    unfinished claim never ran anything.
 * 2. The command, by reading `run` (made by `run-file.ts`), which writes `job`, its own number and start time as the first
 *    line of `status` and answers `s`.
 * 3. SIGKILL for what the command left running, as a container's end would.
 * 4. `exit` and the exit code as the shell counts it (128 + signal) as the first line of `status`, and `oom` if the kernel
 *    killed for memory. A full disk is waited for.
 *
 * When the server is gone, the next read finds the end of input, after `status` is written: the shim takes away its cgroups
 * and ends. Signals the job sends to its group cannot reach it, for the job has its own session.
 */
export const shimScript = `
cd "$1" || exit 1
base=$PWD counts=$2 list=-
[ $# -gt 2 ] && list=$3/cgroup.procs
shift 2
for cgroup; do echo 0 > "$cgroup/cgroup.procs" || exit 1; done
echo -1000 > /proc/self/oom_score_adj
read -r boot < /proc/sys/kernel/random/boot_id || exit 1
read -r me _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ since _ < /proc/self/stat || exit 1
trap : HUP INT PIPE QUIT TERM
killed_before=0
while IFS= read -r attempt; do
  if cd "$attempt" && set -C && echo "$boot $me $since $list" > claim; then
    set +C
    ( . ./run )
    code=$?
    read -r state job _ < status && [ "$state" = job ] && kill -s KILL -- "-$job"
    if [ "$list" != - ]; then
      while read -r pid; do [ "$pid" = "$me" ] || kill -s KILL "$pid"; done < "$list"
      killed=0
      while read -r key value; do [ "$key" = oom_kill ] && killed=$value; done < "$counts"
      [ "$killed" -gt "$killed_before" ] && [ "$code" -ne 0 ] && code="$code oom"
      killed_before=$killed
    fi
    until echo "exit $code" 1<> status; do [ -d work ] || break; sleep 1; done
    echo e
  else
    set +C
    echo n
  fi
  cd "$base"
done 2>/dev/null
cd /
for cgroup; do
  echo 0 > "\${cgroup%/*/*}/cgroup.procs" && rmdir "$cgroup" && rmdir "\${cgroup%/*}"
done 2>/dev/null
`
