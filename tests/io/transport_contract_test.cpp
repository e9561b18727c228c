// The transport contract against libcurl over cpp-httplib, over a real nginx and over file://, and against the fake.
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "reconciler/io/net/curl_transport.hpp"
#include "tests/contracts/transport_contract.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"
#include "tests/support/tree_server.hpp"

namespace ingot::testing_support {

namespace {

using Tree = std::map<std::string, std::string>;

void write_tree(const std::string& folder, const Tree& tree) {
  for (const auto& [path, bytes] : tree) {
    std::filesystem::create_directories(std::filesystem::path(folder + "/" + path).parent_path());
    std::ofstream(folder + "/" + path, std::ios::binary) << bytes;
  }
}

class CurlServed : public ServedTree {
 public:
  io::PeerTransport& peer() override { return *peer_; }

 protected:
  void connect(const std::string& url) { peer_ = transport_.peer({.peer = ServerName::of("p"), .urls = {url}}); }
  io::SystemClock clock_;
  io::CurlTransport transport_{clock_};
  std::unique_ptr<io::PeerTransport> peer_;
};

class OverHttplib final : public CurlServed {
 public:
  explicit OverHttplib(const Tree& tree) {
    server_.serve(tree);
    connect(server_.url());
  }
  ~OverHttplib() override { peer_.reset(); }  // the server's end waits for its connections
  bool knows_conditions() const override { return true; }

 private:
  TreeServer server_;
};

class OverNginx final : public CurlServed {
 public:
  explicit OverNginx(const Tree& tree) {
    if (!std::filesystem::exists("/usr/sbin/nginx"))
      throw std::runtime_error("nginx is not installed: apt-get install nginx-light");
    std::filesystem::create_directories(folder_ / "public");
    write_tree(folder_ / "public", tree);
    nginx_ = std::make_unique<Nginx>(folder_ / "public", folder_.path());
    connect(nginx_->url());
  }
  bool knows_conditions() const override { return true; }

 private:
  TestFolder folder_;
  std::unique_ptr<Nginx> nginx_;
};

class OverDisk final : public CurlServed {
 public:
  explicit OverDisk(const Tree& tree) {
    write_tree(folder_.path(), tree);
    connect("file://" + folder_.path() + "/");
  }
  bool knows_conditions() const override { return false; }

 private:
  TestFolder folder_;
};

class InMemory final : public ServedTree {
 public:
  explicit InMemory(const Tree& tree) { peer_.files = tree; }
  io::PeerTransport& peer() override { return peer_; }
  bool knows_conditions() const override { return false; }

 private:
  FakePeer peer_;
};

template <class Served>
TransportMaker maker(const char* name) {
  return {name, [](const Tree& tree) { return std::make_unique<Served>(tree); }};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(real, transport_contract,
                         testing::Values(maker<OverHttplib>("curl_http"), maker<OverNginx>("curl_nginx"),
                                         maker<OverDisk>("curl_file")),
                         [](const auto& given) { return std::string(given.param.name); });
INSTANTIATE_TEST_SUITE_P(fake, transport_contract, testing::Values(maker<InMemory>("in_memory")),
                         [](const auto& given) { return std::string(given.param.name); });

}  // namespace ingot::testing_support
