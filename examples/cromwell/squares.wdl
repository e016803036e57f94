version 1.0

workflow squares {
  input {
    Array[Int] numbers = [1, 2, 3]
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
    echo $(( ~{number} * ~{number} )) > result.txt
  >>>
  output {
    File result = "result.txt"
  }
  runtime {
    docker: "debian:12-slim"
    memory: "128 MB"
  }
}

task total {
  input {
    Array[File] squares
  }
  command <<<
    cat ~{sep=' ' squares} | awk '{ sum += $1 } END { print sum }' > sum.txt
  >>>
  output {
    Int sum = read_int("sum.txt")
  }
  runtime {
    docker: "debian:12-slim"
    memory: "128 MB"
  }
}
