#include "reconciler/apply/publish.hpp"

#include "reconciler/apply/damaged_images.hpp"
#include "reconciler/apply/own_keys.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/json_writer.hpp"
#include "reconciler/cli/metrics_file.hpp"
#include "reconciler/cli/publish_run.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/show_plan_json.hpp"
#include "reconciler/cli/site.hpp"
#include "reconciler/plan/damaged.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

void show_published(const PublishedNow& published, Output& out) {
  out.print("Published serial {}, good until {}; {} page{} changed.\n", published.serial, time_text(published.expires),
            published.pages_written, published.pages_written == 1 ? "" : "s");
}

void show_published_json(const PublishedNow& published, const std::vector<DamagedImage>& left_out, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.published/1");
  json.member("serial", published.serial);
  json.member("expires", published.expires);
  json.member("pages_written", published.pages_written);
  json.key("left_out");
  put_damaged(left_out, json);
  json.end_object();
  json.finish();
}

std::vector<DamagedImage> images_left_out(const PublishedNow& published, const Site& site) {
  if (published.left_out.empty()) return {};
  return damaged_public_images(site.state, site.store, site.manifest.server.publish_copies);
}

void warn_of(const std::vector<DamagedImage>& left_out, const Session& session) {
  for (const auto& image : left_out) {
    session.warn(fmt::format("image \"{}\" is published without its bytes: {}; {}", image.name.text(), what_is_damaged(image),
                             how_to_mend(image)));
  }
}

int do_publish(const PublishArguments& arguments, const Session& session, RunMetrics& metrics) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const RunStart start = run_start_of("publish", *manifest, session.clock.now());
  const RunLock lock = take_lock(manifest->server, "publish " + start.id, session);
  Site site(*manifest, Access::read_write, session.files);
  const CatalogKeys keys =
      load_catalog_keys(session.files, manifest->server.keys, newest_own_root(site.store, site.state.self()));
  const PublishedNow published = as_run(start, site, session, [&] {
    return publish(site.state, site.store, keys, manifest->server, session.clock,
                   {.above = arguments.above,
                    .commit = site.state.applied_last() ? site.state.applied_last()->commit_text()
                                                        : ""});  // what it signs came of no other commit
  });
  const std::vector<DamagedImage> left_out = images_left_out(published, site);
  session.show([&](const Style&, Output& out) { show_published(published, out); },
               [&](Output& out) { show_published_json(published, left_out, out); });
  warn_of(left_out, session);
  metrics.head_expires = published.expires;
  return exit_code_of(published);
}

}  // namespace

int run_command(const PublishArguments& arguments, const Session& session) {
  return measured(arguments.metrics, "publish", session,
                  [&](RunMetrics& metrics) { return do_publish(arguments, session, metrics); });
}

}  // namespace ingot
