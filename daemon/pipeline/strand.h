#pragma once

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {

/// Everything that is done on the strand is begun here: what it throws is a failure of the pipeline, and
/// never the end of the program.
template <typename Work>
void Pipeline::on_strand(Work work) {
  boost::asio::post(
      strand_, [self = shared_from_this(), work = std::move(work)] { self->guard([&] { work(*self); }); });
}

}  // namespace sluice::daemon
