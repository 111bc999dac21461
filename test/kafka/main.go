// Command kafka is a Kafka broker for `make cluster`, on loopback: franz-go's kfake as a process of its own, with real
// connections, groups and files. It is no real broker; a cluster of those is named by its address.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1; 0: a free one")
	dir := flag.String("data", "", "folder of what it is told")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *port, *dir); err != nil {
		log.Fatal(err)
	}
}

// serve prints the address and answers until ctx ends.
func serve(ctx context.Context, port int, dir string) error {
	k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(dir), kfake.SyncWrites(),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}))
	if err != nil {
		return err
	}
	defer k.Close()
	fmt.Printf("kfake %s, not a real broker\n", k.ListenAddrs()[0])
	<-ctx.Done()
	return nil
}
