// ingot delta: makes and applies a delta by hand (schema/delta.md). No manifest, no store.
#include <exception>
#include <optional>
#include <variant>

#include <fmt/core.h>

#include "reconciler/command/commands.hpp"
#include "reconciler/command/images/canonical_bytes.hpp"
#include "reconciler/command/images/left_out_told.hpp"
#include "reconciler/console/byte_progress.hpp"
#include "reconciler/delta/decoder.hpp"
#include "reconciler/delta/encoder.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/io/threads.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/transfer/restore.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

constexpr std::uint64_t stride = 1024 * 1024;

void put_image(show::JsonWriter& json, std::string_view name, const delta::Image& image) {
  json.key(name);
  json.begin_object();
  json.member("digest", image.digest.text());
  json.member("size", image.size);
  json.member("kind", image.kind == ImageKind::tree ? "tree" : "file");
  json.end_object();
}

void show_delta_json(const delta::Header& header, std::uint64_t length, const std::string& path, show::Output& out) {
  show::JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.delta/1");
  put_image(json, "base", header.base);
  put_image(json, "result", header.result);
  json.member("length", length);
  json.member("path", path);
  json.end_object();
  json.finish();
}

[[noreturn]] void refuse_base(const std::string& base, const std::string& why) {
  throw Error(
      Fault::usage, fmt::format("\"{}\" is not the base of this delta: {}", io::printable(base), why),
      "give the image that the delta was made from; only root can restore all of a tree, so that its folder is still that image")
      .with_code(Code::bad_base)
      .about(base);
}

void check_base(CanonicalBytes& base, const delta::Header& header, const console::Session& session) {
  if (base.size() != header.base.size)
    refuse_base(base.path(), fmt::format("it has {} bytes, the base {}", base.size(), header.base.size));
  console::ByteProgress progress(session, "read " + io::printable(base.path()), base.size());
  const delta::Image image = base.identify(progress);
  if (image.digest != header.base.digest)
    refuse_base(base.path(), fmt::format("it is {}, the base {}", image.digest.text(), header.base.digest.text()));
}

/// Where the result goes: a tree, a file, or standard output.
class Destination {
 public:
  Destination(const options::ApplyDelta& arguments, const console::Session& session) : arguments_(arguments), session_(session) {}

  void open(ImageKind kind) {
    if (arguments_.destination == "-") return;
    const transfer::RestoreOptions options{.sparse = arguments_.sparse, .special = !arguments_.no_special};
    if (kind == ImageKind::tree)
      restorer_.emplace<transfer::TreeRestorer>(arguments_.destination, options);
    else
      restorer_.emplace<transfer::FileRestorer>(arguments_.destination, options);
  }
  void write(std::string_view bytes) {
    if (auto* tree = std::get_if<transfer::TreeRestorer>(&restorer_))
      tree->write(bytes);
    else if (auto* file = std::get_if<transfer::FileRestorer>(&restorer_))
      file->write(bytes);
    else
      session_.terminal.out(bytes);
  }
  transfer::LeftOut commit() {
    if (auto* tree = std::get_if<transfer::TreeRestorer>(&restorer_)) return tree->commit();
    if (auto* file = std::get_if<transfer::FileRestorer>(&restorer_)) return file->commit();
    return {};
  }

 private:
  const options::ApplyDelta& arguments_;
  const console::Session& session_;
  std::variant<std::monostate, transfer::TreeRestorer, transfer::FileRestorer> restorer_;
};

int run(const options::ApplyDelta& arguments, const console::Session& session) {
  const bool to_output = arguments.destination == "-";
  if (to_output && session.terminal.output_is_terminal())
    throw Error(Fault::usage, "standard output is a terminal, and the bytes of an image are binary",
                "give a DEST, or pipe the output into a program");
  CanonicalBytes base(arguments.base, session);
  CanonicalBytes file(arguments.delta, session);
  if (file.is_folder())
    throw Error(Fault::usage, fmt::format("\"{}\" is a folder, not a delta", io::printable(arguments.delta)),
                "name the file of the delta")
        .about(arguments.delta);
  Destination destination(arguments, session);
  delta::Header applied;
  delta::Decoder decoder({.begin =
                              [&](const delta::Header& header) {
                                applied = header;
                                check_base(base, header, session);
                                destination.open(header.result.kind);
                              },
                          .base = [&](std::uint64_t offset, std::span<char> into) { base.read(offset, into); },
                          .result = [&](std::string_view bytes) { destination.write(bytes); }});
  const transfer::LeftOut left_out = doing(fmt::format("applying the delta \"{}\"", io::printable(arguments.delta)), [&] {
    std::string buffer;
    for (std::uint64_t done = 0; done < file.size(); done += buffer.size()) {
      io::throw_if_interrupted();
      buffer.resize(std::min(stride, file.size() - done));
      file.read(done, buffer);
      decoder.write(buffer);
    }
    decoder.finish();
    return destination.commit();
  });
  if (to_output) return exit_done;
  if (session.json()) session.put([&](show::Output& out) { show_delta_json(applied, file.size(), arguments.destination, out); });
  session.tell(fmt::format("{} is in \"{}\": {}, verified", applied.result.digest.text(), io::printable(arguments.destination),
                           size_text(applied.result.size)));
  return tell_left_out(left_out, arguments.no_special, session);
}

[[noreturn]] void refuse_existing(const std::string& path) {
  throw Error(Fault::usage, fmt::format("\"{}\" is there already", io::printable(path)), "give another name").about(path);
}

/// Both at once: hashing takes longer than all else where little changed.
delta::Header identify(CanonicalBytes& base, CanonicalBytes& result, const console::Session& session) {
  console::ByteProgress progress(session, "read both images", base.size() + result.size());
  delta::Header header;
  std::exception_ptr failure;
  const auto identify_base = [&] {
    try {
      header.base = base.identify(progress);
    } catch (...) { failure = std::current_exception(); }
  };
  io::Threads other;
  if (!other.try_start(identify_base)) identify_base();
  header.result = result.identify(progress);
  other.join();
  if (failure) std::rethrow_exception(failure);
  return header;
}

int run(const options::MakeDelta& arguments, const console::Session& session) {
  if (arguments.delta == "-")
    throw Error(Fault::usage, "a delta is not written to standard output", "name a file").about(arguments.delta);
  if (session.files.status(arguments.delta)) refuse_existing(arguments.delta);
  CanonicalBytes base(arguments.base, session);
  CanonicalBytes result(arguments.result, session);
  const delta::Header header = identify(base, result, session);
  const auto reader = [](CanonicalBytes& bytes) {
    return [&bytes](std::uint64_t offset, std::span<char> into) { bytes.read(offset, into); };
  };
  std::uint64_t before = 0;
  console::ByteProgress progress(session, "delta " + io::printable(arguments.delta), result.size());
  const delta::EncoderOptions options{.threads = static_cast<int>(session.flags.parallel.value_or(delta::most_threads)),
                                      .may_go_on = [] { io::throw_if_interrupted(); },
                                      .progress =
                                          [&](std::uint64_t done) {
                                            progress.add(done - before);
                                            before = done;
                                          }};
  std::uint64_t length = 0;
  const bool is_new = io::write_new_file(session.files, arguments.delta, 0644, [&](io::File& file) {
    length = delta::make_delta({header.base, reader(base)}, {header.result, reader(result)}, options,
                               [&](std::string_view bytes) { file.write_all(bytes); });
  });
  if (!is_new) refuse_existing(arguments.delta);
  if (session.json()) session.put([&](show::Output& out) { show_delta_json(header, length, arguments.delta, out); });
  session.tell(fmt::format("the delta is in \"{}\": {}, for an image of {}", io::printable(arguments.delta), size_text(length),
                           size_text(result.size())));
  return exit_done;
}

}  // namespace

int run_command(const options::ApplyDelta& arguments, const console::Session& session) { return run(arguments, session); }
int run_command(const options::MakeDelta& arguments, const console::Session& session) { return run(arguments, session); }

}  // namespace ingot::command
