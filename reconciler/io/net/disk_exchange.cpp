#include "reconciler/io/net/disk_exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owned_descriptor.hpp"
#include "reconciler/io/interrupt.hpp"

namespace ingot::io {

namespace {

using Status = Response::Status;

constexpr std::size_t piece = 256 * 1024;

Response no_answer(Status status, std::string why) { return {.status = status, .why = std::move(why)}; }

Response not_opened(int error) {
  if (error == ENOENT || error == ENOTDIR) return no_answer(Status::not_found, "not there");
  if (error == EACCES || error == EPERM) return no_answer(Status::refused, errno_text(error));
  return no_answer(Status::unreachable, errno_text(error));
}

struct Extent {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

/// What of a file of `size` bytes is wanted, or why it cannot be.
std::variant<Extent, Response> extent_of(const Request& request, std::uint64_t size) {
  const std::uint64_t first = request.offset.value_or(0);
  if (request.length && (first > size || *request.length > size - first))
    return no_answer(Status::wrong_range, fmt::format("it has only {} bytes", size));
  if (request.offset && first >= size) return no_answer(Status::wrong_range, fmt::format("it has only {} bytes", size));
  const std::uint64_t length = request.length.value_or(size - first);
  if (!request.length && length > request.at_most)
    return no_answer(Status::oversize, fmt::format("more than the {} bytes that it may be", request.at_most));
  return Extent{first, length};
}

Response read_extent(int descriptor, Extent extent, const Request& request, const ByteSink& sink, Throttle& throttle,
                     bool& stopped) {
  bool web_page = false;
  std::string buffer(std::min<std::uint64_t>(piece, extent.length), '\0');
  std::uint64_t done = 0;
  while (done < extent.length) {
    throw_if_interrupted();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), extent.length - done));
    const ssize_t count = ::pread(descriptor, buffer.data(), wanted, static_cast<off_t>(extent.first + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return no_answer(Status::unreachable, errno_text(errno));
    if (count == 0) return no_answer(Status::unreachable, fmt::format("cut: {} bytes of {}", done, extent.length));
    done += static_cast<std::uint64_t>(count);
    const auto bytes = std::string_view(buffer).substr(0, static_cast<std::size_t>(count));
    if (done == bytes.size()) web_page = begins_as_web_page(bytes);
    throttle.take(bytes.size(), request.may_go_on);
    if (!sink(bytes)) {
      stopped = true;
      return no_answer(Status::unreachable, "stopped by the reader");
    }
  }
  return {.status = Status::ok, .web_page = web_page, .bytes = done, .length_known = true};
}

}  // namespace

Response read_from_disk(const std::string& folder, const Request& request, const ByteSink& sink, Throttle& throttle,
                        bool& stopped) {
  throw_if_interrupted();
  // A FIFO or a device would hang us or never end: it is not waited for, and not read.
  const OwnedDescriptor file(::open((folder + request.path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return not_opened(errno);
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return not_opened(errno);
  if (!S_ISREG(found.st_mode)) return no_answer(Status::refused, "it is not a regular file");
  const auto extent = extent_of(request, static_cast<std::uint64_t>(found.st_size));
  if (const auto* wrong = std::get_if<Response>(&extent)) return *wrong;
  return read_extent(file.get(), std::get<Extent>(extent), request, sink, throttle, stopped);
}

}  // namespace ingot::io
