// The line "asking fpps-2 …" while peers are asked: drawn over itself on a terminal, plain lines with -v elsewhere.
#pragma once

#include <mutex>
#include <string>

#include "reconciler/console/session.hpp"

namespace ingot::console {

class AskingLine {
 public:
  explicit AskingLine(const Session& session) : session_(session) {}
  ~AskingLine();  ///< takes the line away
  AskingLine(const AskingLine&) = delete;
  AskingLine& operator=(const AskingLine&) = delete;
  void tell(const ServerName& peer, const std::string& what);  ///< from any thread

 private:
  const Session& session_;
  std::mutex mutex_;
  bool drawn_ = false;
};

}  // namespace ingot::console
