/**
 * The shim: a POSIX shell that runs one attempt after another, each in a session of its own, and
 * outlives the server.
 *
 * The shell stays, because spawning a process from Node for each attempt costs more: forking a Node
 * process of 200 MB takes eight milliseconds of its only thread, and writing a line to a running
 * shell takes ten microseconds. For the same reason its loop starts no program but the attempt's
 * own.
 *
 *     sh -c SCRIPT openbatch-shim BASE OOM_COUNTS CGROUP…
 *
 * OOM_COUNTS is the file with the kernel's `oom_kill` count. The first CGROUP is the one whose
 * processes are the job's. Both may be missing. The job inherits the cgroups, and the shim asks the
 * kernel to spare it when memory runs out there.
 *
 * It reads the attempt's directory (relative to BASE) as a line of input and answers with a letter
 * on each line: `s` begun, `e` ended, `n` another shim has claimed it, `u` nothing could be run
 * now. For each attempt, in this order:
 *
 * 1. `status`, held open from here on: what a job puts in its place meanwhile is neither read nor
 *    written.
 * 2. `claim`, made by O_EXCL, so that of two shims one runs the attempt: the boot id, the shim's
 *    process id and start time, and the list of the cgroup's processes (or `-`). The command is
 *    started only after it is written: an unfinished claim never ran anything.
 * 3. The command, by reading `run` (made by `run-file.ts`), which adds `job`, its own id and start
 *    time to `status`, then `begun`, and answers `s`. Without a line in `status` nothing was run
 *    (the machine has no process to give, or the disk is full): that is `u`, and the server may
 *    take the claim away.
 * 4. SIGKILL for what the command left running, as a container's end would.
 * 5. `exit` and the exit code as the shell counts it (128 + signal), added to `status`, and `oom`
 *    if the kernel killed for memory. A full disk is waited for.
 *
 * When the server is gone, the next read finds the end of input, after `status` is written. The
 * shim then removes its cgroups and ends. It tries the removal more than once, because the kernel
 * refuses while a killed process has not quite ended. Signals that the job sends to its group
 * cannot reach the shim, because the job has its own session.
 */
export const shimScript = `
umask 077
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
  if cd "$attempt" && : >> status && set -C && echo "$boot $me $since $list" > claim; then
    set +C
    {
      command eval '( . ./run )'
      code=$?
      if read -r state job _ <&4; then
        [ "$state" = job ] && kill -s KILL -- "-$job"
        if [ "$list" != - ]; then
          while read -r pid; do [ "$pid" = "$me" ] || kill -s KILL "$pid"; done < "$list"
          killed=0
          while read -r key value; do [ "$key" = oom_kill ] && killed=$value; done < "$counts"
          [ "$killed" -gt "$killed_before" ] && [ "$code" -ne 0 ] && code="$code oom"
          killed_before=$killed
        fi
        until echo "exit $code" >&3; do [ -e claim ] || break; command eval 'sleep 1'; echo >&3; done
        answer=e
      else
        answer=u
      fi
    } 3>> status 4< status
    echo $answer
  else
    set +C
    echo n
  fi
  cd "$base"
done 2>/dev/null
cd /
for cgroup; do
  echo 0 > "\${cgroup%/*/*}/cgroup.procs" || continue
  tries=0
  until rmdir "$cgroup" || [ ! -e "$cgroup" ] || [ "$((tries += 1))" -gt 20 ]; do sleep 0.2 || sleep 1; done
  rmdir "\${cgroup%/*}"
done 2>/dev/null
`
