version 1.0

# Squares the given numbers, each in a job of its own, and adds them up.

workflow squares {
  input {
    Array[Int] numbers
  }
  scatter (number in numbers) {
    call square { input: number = number }
  }
  call total { input: squares = square.result }
  output {
    Int sum = total.sum
  }
}

task square {
  input {
    Int number
  }
  command <<<
    echo "~{number} squared is $((~{number} * ~{number}))" >&2
    echo $((~{number} * ~{number}))
  >>>
  output {
    Int result = read_int(stdout())
  }
  runtime {
    docker: "python:3.11"
    cpu: 1
    memory: "256 MiB"
  }
}

task total {
  input {
    Array[Int] squares
  }
  command <<<
    echo $((~{sep=" + " squares}))
  >>>
  output {
    Int sum = read_int(stdout())
  }
  runtime {
    docker: "python:3.11"
    cpu: 1
    memory: "256 MiB"
  }
}
