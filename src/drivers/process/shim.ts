/**
 * The shim: a POSIX shell that runs one attempt after another, each in a session of its own, and outlives the server.
 *
 * Why a shell that stays, and not one process spawned from Node for each attempt: forking a Node process of 200 MB
 * takes eight milliseconds of its only thread; writing a line to a shell that is already there takes ten microseconds.
 *
 * It takes the attempt's directory (relative to `$1`) as a line of input and answers with a letter a line:
 * `s` claimed and started, `e` ended, `n` another shim has claimed it. Between `s` and `e` it does, in this order:
 *
 * 1. `claim`, made by O_EXCL, so that of two shims one runs the attempt; holds the boot id and the shim's own
 *    /proc/PID/stat. The command is started only after it is written: an unfinished claim never ran anything.
 * 2. The command, by reading `run` (made by `run-file.ts`), which records itself in `job`.
 * 3. `exit`, the exit code as the shell counts it (128 + signal). A full disk is waited for.
 * 4. SIGKILL for what the command left running in its process group, as a container's end would.
 *
 * When the server is gone, the next read finds the end of input, or the next answer SIGPIPE: both end the shim, and
 * both come after `exit` is written. Signals meant for the job cannot reach it, for the job has its own session.
 */
export const shimScript = `
cd "$1" || exit 1
base=$PWD
read -r boot < /proc/sys/kernel/random/boot_id || exit 1
trap : HUP INT QUIT TERM
while IFS= read -r attempt; do
  if cd "$attempt" && read -r self < /proc/self/stat && set -C && echo "$boot $self" > claim; then
    set +C
    echo s
    ( . ./run )
    code=$?
    until echo "$code" > exit; do [ -d work ] || break; sleep 1; done
    read -r job rest < job && kill -s KILL -- "-$job"
    echo e
  else
    set +C
    echo n
  fi
  cd "$base"
done 2>/dev/null
`
