// Command ready asks the mall beside it whether it can serve: an image without a shell
// has nothing else to ask with. It exits with 0 when /readyz says so.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// patience is less than the time that a health check is given.
const patience = 2 * time.Second

func main() {
	if err := ask(os.Getenv("HAWKER_HTTP")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ask takes the address at which the mall listens, host:port or :port.
func ask(listens string) error {
	host, port, err := net.SplitHostPort(listens)
	if err != nil {
		return fmt.Errorf("HAWKER_HTTP: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	client := http.Client{Timeout: patience}
	res, err := client.Get("http://" + net.JoinHostPort(host, port) + "/readyz")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz: %s", res.Status)
	}
	return nil
}
