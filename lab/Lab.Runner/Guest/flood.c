/*
 * On the UDP port that is its argument, floods whoever orders it: with datagrams of so many bytes, at so many kbit/s of them, for so
 * many milliseconds, three numbers in network order. Answers a datagram of one byte with itself, so that both ends know of each
 * other, and takes all others and does nothing. The guest's busybox has nothing for UDP.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

struct order {
	uint32_t bytes, kilobits, milliseconds;
};

static char datagram[65536];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void flood(int s, const struct sockaddr_in *to, const struct order *order)
{
	const struct timespec rest = { .tv_nsec = 1000000 };
	double bytes = ntohl(order->bytes), rate = ntohl(order->kilobits) * 125.0, end = ntohl(order->milliseconds) / 1e3;
	double began = now(), elapsed, sent = 0;

	while ((elapsed = now() - began) < end) {
		if (sent >= rate * elapsed) {
			nanosleep(&rest, NULL);
			continue;
		}
		sendto(s, datagram, bytes, 0, (const struct sockaddr *)to, sizeof(*to));
		sent += bytes;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(argc == 2 ? atoi(argv[1]) : 9) };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0 || bind(s, (struct sockaddr *)&here, sizeof(here)) != 0) {
		perror("flood");
		return 1;
	}

	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t length = recvfrom(s, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &size);

		if (length == 1)
			sendto(s, datagram, 1, 0, (struct sockaddr *)&from, size);
		else if (length == sizeof(struct order)) {
			struct order order = *(struct order *)datagram;

			if (ntohl(order.bytes) <= sizeof(datagram))
				flood(s, &from, &order);
		}
	}
}
