#include "reconciler/console/asking_line.hpp"

#include "reconciler/io/printable.hpp"

namespace ingot::console {

AskingLine::~AskingLine() {
  if (drawn_) session_.terminal.error("\r\033[K");
}

void AskingLine::tell(const ServerName& peer, const std::string& what) {
  const std::scoped_lock lock(mutex_);
  std::string text = peer.text() + ": " + io::printable(what);
  if (session_.may_draw() && !session_.flags.verbose) {
    const auto width = static_cast<std::size_t>(session_.terminal.width() - 1);
    if (text.size() > width) text.resize(width);
    session_.terminal.error("\r" + text + "\033[K");
    drawn_ = true;
  } else if (session_.flags.verbose && !session_.flags.quiet) {
    session_.terminal.error(text + "\n");
  }
}

}  // namespace ingot::console
