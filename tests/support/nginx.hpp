// A real nginx on loopback for one folder, from examples/nginx.conf; ended when this goes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace ingot::testing_support {

class Nginx {
 public:
  /// Serves `public_folder`; its own files go to `folder`. `extra`: lines for the server block; `http`: for the http block.
  Nginx(const std::string& public_folder, const std::string& folder, const std::string& extra = "", const std::string& http = "");
  std::string url() const;  ///< "http://127.0.0.1:PORT/"
  int port() const { return port_; }
  void stop();
  void start();  ///< again, on the same port
  /// The requests so far, as "GET /head.dsse 200".
  std::vector<std::string> requests() const;
  void forget_requests();

 private:
  std::string folder_;
  int port_;
  std::unique_ptr<Running> process_;
};

}  // namespace ingot::testing_support
