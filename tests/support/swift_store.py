#!/usr/bin/python3
"""A real S3-compatible store on loopback: OpenStack Swift with its s3api (Debian: python3-swift).

  swift_store.py FOLDER

Writes its address to FOLDER/address once it answers, and serves until it is killed. The access key is test:tester, the secret
"testing", the region us-east-1. ADDRESS/v1/AUTH_test/BUCKET/KEY serves objects of public buckets without a key. Needs a folder on
a file system with user xattrs. Ends with 77 and the reason if it cannot start.
"""
import ctypes
import os
import signal
import socket
import sys
import time

SERVERS = ('account', 'container', 'object', 'proxy')
PIPELINE = ('catch_errors gatekeeper healthcheck listing_formats cache s3api tempauth bulk copy slo dlo proxy-server')
FILTERS = '''
[filter:cache]
paste.filter_factory = swift_store:memory_cache
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
auth_pipeline_check = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
'''


class Memory(object):
    """What memcached does for one proxy: tokens and what is known of containers."""

    def __init__(self):
        self.values = {}

    def get(self, key, **_):
        value, until = self.values.get(key, (None, 0))
        return value if not until or until > time.time() else None

    def set(self, key, value, time=0, **_):
        self.values[key] = (value, now() + time if time else 0)

    def incr(self, key, delta=1, time=0, **_):
        value = max(0, int(self.get(key) or 0) + int(delta))
        self.set(key, value, time=time)
        return value

    def decr(self, key, delta=1, time=0, **_):
        return self.incr(key, -int(delta), time)

    def delete(self, key, **_):
        self.values.pop(key, None)


now = time.time


def memory_cache(global_conf, **_):
    memory = Memory()

    def filter_of(app):
        def call(environment, start_response):
            environment['swift.cache'] = memory
            return app(environment, start_response)
        return call
    return filter_of


def give_up(why):
    sys.stderr.write('swift_store: %s\n' % why)
    sys.exit(77)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(('127.0.0.1', 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def configuration(server, port, folder):
    text = ('[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = %d\nworkers = 0\nuser = %s\nswift_dir = %s/etc\n'
            'devices = %s/node\nmount_check = false\nfallocate_reserve = 0\ndisable_fallocate = true\n'
            'log_level = WARNING\n' % (port, user_name(), folder, folder))
    if server != 'proxy':
        return text + '[pipeline:main]\npipeline = %s-server\n[app:%s-server]\nuse = egg:swift#%s\n' % (server, server, server)
    own = [name for name in PIPELINE.split() if name not in ('cache', 's3api', 'tempauth', 'proxy-server')]
    text += '[pipeline:main]\npipeline = %s\n[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n' % PIPELINE
    return text + FILTERS + ''.join('[filter:%s]\nuse = egg:swift#%s\n' % (name, name) for name in own)


def user_name():
    import pwd
    return pwd.getpwuid(os.getuid()).pw_name


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)


def lay_out(folder, ports):
    for name in ('etc', 'node/d1', 'log'):
        os.makedirs('%s/%s' % (folder, name))
    try:
        os.setxattr(folder + '/node', 'user.ingot.test', b'x' * 2000)
    except OSError as error:
        give_up('no user xattrs in %s (%s)' % (folder, error))
    write(folder + '/etc/swift.conf', '[swift-hash]\nswift_hash_path_suffix = ingot\n'
          '[storage-policy:0]\nname = one\ndefault = yes\n')
    for server in SERVERS:
        write('%s/etc/%s.conf' % (folder, server), configuration(server, ports[server], folder))


def make_rings(folder, ports):
    from swift.common.ring import RingBuilder
    for server in SERVERS[:3]:
        ring = RingBuilder(1, 1, 1)
        ring.add_dev({'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': ports[server], 'device': 'd1', 'weight': 1.0})
        ring.rebalance()
        ring.get_ring().save('%s/etc/%s.ring.gz' % (folder, server))


def serve(server, folder):
    import logging
    from swift.common import utils, wsgi
    log = os.open('%s/log/%s' % (folder, server), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    utils.ThreadSafeSysLogHandler = lambda *_, **__: logging.StreamHandler(sys.stderr)  # there is no syslog here
    more = {}
    if server == 'object':
        from swift.obj.server import global_conf_callback
        more['global_conf_callback'] = global_conf_callback
    try:
        code = wsgi.run_wsgi('%s/etc/%s.conf' % (folder, server), server + '-server', **more)
    except BaseException:
        import traceback
        traceback.print_exc()
        code = 1
    os._exit(code or 0)


def answers(port):
    try:
        with socket.create_connection(('127.0.0.1', port), 1) as connection:
            connection.sendall(b'GET /healthcheck HTTP/1.0\r\n\r\n')
            return connection.recv(16).startswith(b'HTTP/1.')
    except OSError:
        return False


def main(folder):
    ports = dict(zip(SERVERS, free_ports(len(SERVERS))))
    lay_out(folder, ports)
    try:
        from swift.common import utils
    except ImportError as error:
        give_up('python3-swift is not installed (%s)' % error)
    utils.set_swift_dir(folder + '/etc')  # before anything reads /etc/swift
    utils.eventlet_monkey_patch()
    make_rings(folder, ports)
    import swift.account.server, swift.container.server, swift.obj.server, swift.proxy.server  # noqa: once for all four
    children = []
    for server in SERVERS:
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it ends with this process, however that ends
            serve(server, folder)
        children.append(child)
    try:
        end = now() + 60
        while not all(answers(port) for port in ports.values()):
            if now() > end or any(os.waitpid(child, os.WNOHANG)[0] for child in children):
                give_up('a server of Swift did not start: see %s/log' % folder)
            time.sleep(0.02)
        write(folder + '/address.new', 'http://127.0.0.1:%d' % ports['proxy'])
        os.rename(folder + '/address.new', folder + '/address')
        signal.pause()
    finally:
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except OSError:
                pass


if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.dont_write_bytecode = True
    main(os.path.abspath(sys.argv[1]))
