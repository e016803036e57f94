"""Runs on every node: adds up its part of the numbers. The main node gathers the parts of the others."""

import os
import socket
import time

node = int(os.environ["AWS_BATCH_JOB_NODE_INDEX"])
nodes = int(os.environ["AWS_BATCH_JOB_NUM_NODES"])
port = int(os.environ["PORT"])
total = sum(range(node, 1_000_000, nodes))

if node == int(os.environ["AWS_BATCH_JOB_MAIN_NODE_INDEX"]):
    server = socket.create_server(("", port))
    for _ in range(nodes - 1):
        connection, _ = server.accept()
        total += int(connection.makefile().read())
    print("the sum is", total)
else:
    main_node = os.environ["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"]
    while True:
        try:
            connection = socket.create_connection((main_node, port))
            break
        except ConnectionRefusedError:  # the main node runs, but does not listen yet
            time.sleep(0.1)
    connection.sendall(str(total).encode())
    connection.close()
