package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// errNoChromium is a machine without a browser.
var errNoChromium = errors.New("there is no Chromium here (Debian: chromium): no delay from sending to the picture")

// chromium is a headless browser of our own, with a profile that is thrown away.
type chromium struct {
	dir  string
	cmd  *exec.Cmd
	done chan error
	page *socket // DevTools protocol of its one tab
	id   int
}

const devtoolsWithin = 15 * time.Second

func startChromium(ctx context.Context) (*chromium, error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return nil, errNoChromium
	}
	dir, err := os.MkdirTemp("", "hawker-bench-chromium-")
	if err != nil {
		return nil, err
	}
	c := &chromium{dir: dir, done: make(chan error, 1)}
	c.cmd = exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio",
		"--autoplay-policy=no-user-gesture-required", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--window-size=1280,800", "--user-data-dir="+dir, "--remote-debugging-port=0",
		"about:blank")
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its helpers are to end with it
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go func() { c.done <- c.cmd.Wait() }()
	if err := c.connect(ctx); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

// connect waits until the browser has written where it listens, and takes its tab.
func (c *chromium) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, devtoolsWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		raw, err := os.ReadFile(filepath.Join(c.dir, "DevToolsActivePort"))
		if port, _, whole := strings.Cut(string(raw), "\n"); err == nil && whole {
			return c.take(ctx, "127.0.0.1:"+port)
		}
		select {
		case <-tick.C:
		case err := <-c.done:
			c.done <- err
			return fmt.Errorf("the browser ended: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *chromium) take(ctx context.Context, addr string) error {
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/json/list", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, frameMax))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	var tabs []struct {
		Type   string `json:"type"`
		Socket string `json:"webSocketDebuggerUrl"`
	}
	if err := json.Unmarshal(raw, &tabs); err != nil {
		return err
	}
	for _, t := range tabs {
		u, err := url.Parse(t.Socket)
		if err != nil || t.Type != "page" {
			continue
		}
		c.page, err = dialSocket(ctx, addr, u.Path)
		return err
	}
	return errors.New("the browser has no page")
}

// call sends one command and waits for its answer; whatever else the browser
// tells meanwhile is of no use here.
func (c *chromium) call(method string, params, out any) error {
	c.id++
	raw, err := json.Marshal(map[string]any{"id": c.id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := errors.Join(c.page.conn.SetDeadline(time.Now().Add(devtoolsWithin)),
		c.page.send(string(raw))); err != nil {
		return err
	}
	for {
		raw, err := c.page.next()
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		var answer struct {
			ID     int             `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		switch {
		case answer.ID != c.id:
		case answer.Error != nil:
			return fmt.Errorf("%s: %s", method, answer.Error.Message)
		default:
			return json.Unmarshal(answer.Result, out)
		}
	}
}

// run puts a script into every page before the page's own ones.
func (c *chromium) run(script string) error {
	var none struct{}
	return errors.Join(c.call("Page.enable", struct{}{}, &none),
		c.call("Page.addScriptToEvaluateOnNewDocument", map[string]string{"source": script}, &none))
}

func (c *chromium) open(url string) error {
	var opened struct {
		Error string `json:"errorText"`
	}
	err := c.call("Page.navigate", map[string]string{"url": url}, &opened)
	if err == nil && opened.Error != "" {
		err = fmt.Errorf("open %s: %s", url, opened.Error)
	}
	return err
}

// ask evaluates an expression in the page.
func (c *chromium) ask(expression string, out any) error {
	var answer struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := c.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	if err == nil && answer.Exception != nil {
		err = errors.New("the page: " + answer.Exception.Text)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(answer.Result.Value, out)
}

func (c *chromium) stop() error {
	if c.page != nil {
		_ = c.page.conn.Close()
	}
	err := c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(devtoolsWithin):
		err = errors.Join(errors.New("the browser did not stop"), c.cmd.Process.Kill())
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // what is left of it, usually nothing
	return errors.Join(err, c.forget())
}

// forget removes the profile, into which a dying helper may still write.
func (c *chromium) forget() error {
	ctx, cancel := context.WithTimeout(context.Background(), devtoolsWithin)
	defer cancel()
	var err error
	gone := func() (bool, error) {
		err = os.RemoveAll(c.dir)
		return err == nil, nil
	}
	return errors.Join(until(ctx, "the browser's profile is removed", gone), err)
}
