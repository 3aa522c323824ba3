/* Answers every datagram with itself (RFC 862), on the UDP port that is its argument: the guest's busybox has nothing for UDP. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	static char datagram[65536];
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(argc == 2 ? atoi(argv[1]) : 7) };
	/* Room for what comes at once: what is measured is the network, not this program's turn on the guest's processor. */
	int room = 16 << 20;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0 ||
	    bind(s, (struct sockaddr *)&here, sizeof(here)) != 0) {
		perror("echo");
		return 1;
	}

	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t length = recvfrom(s, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &size);

		if (length >= 0)
			sendto(s, datagram, length, 0, (struct sockaddr *)&from, size);
	}
}
